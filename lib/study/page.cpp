#include "study/page.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "format/json.h"
#include "study/assets.h"

namespace sr3 {
namespace {

std::string base64(const Bytes& bytes) {
  static const char* const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    const uint32_t three =
        uint32_t{bytes[i]} << 16 | (left > 1 ? uint32_t{bytes[i + 1]} << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    for (size_t k = 0; k < 4; ++k) text += k <= left ? digits[three >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

// Replaces the page's reference to a file by the file's contents.
void put(std::string& page, const std::string& reference, const std::string& inlined) {
  const size_t at = page.find(reference);
  if (at == std::string::npos) throw std::logic_error("the page has no " + reference);
  page.replace(at, reference.size(), inlined);
}

}  // namespace

nlohmann::ordered_json page_settings(const StudyDesign& design) {
  return {{"study", design.id},
          {"task", design.task},
          {"question", design.question()},
          {"total", design.trial_count()},
          {"practice", design.practice},
          {"exposure_ms", design.exposure_ms},
          {"pixels", design.zoom}};
}

void write_page(const Study& study, int64_t rater, const std::string& path) {
  const StudyDesign& design = study.design();
  if (rater < 1 || rater > design.raters)
    throw UsageError(cat("option '--list': the study has raters 1 to ", design.raters));
  study.refuse_own_file(path);
  nlohmann::ordered_json settings = page_settings(design);
  settings["rater"] = rater;
  std::string page(kPageHtml);
  const std::string charset = "<meta charset=\"utf-8\">";
  put(page, charset,
      cat(charset,
          "\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; ",
          "style-src 'unsafe-inline'; img-src blob:\">"));
  put(page, "<link rel=\"stylesheet\" href=\"study.css\">", cat("<style>\n", kPageCss, "</style>"));
  OutputFile out(path);
  const std::string script = "<script src=\"study.js\"></script>";
  const size_t at = page.find(script);
  if (at == std::string::npos) throw std::logic_error("the page has no script");
  out.write(std::string_view(page).substr(0, at));
  out.write(cat("<script type=\"application/json\" id=\"settings\">", compact_json(settings), "</script>\n"));
  const RaterPlan& plan = study.plan(rater - 1);
  for (size_t t = 0; t < plan.size(); ++t)
    for (const std::string& place : Study::places(design.task))
      out.write(cat("<script type=\"text/plain\" id=\"trial-", t + 1, "-", place, "\">",
                    base64(study.picture(plan[t], place)), "</script>\n"));
  out.write(cat("<script>\n", kPageJs, "</script>"));
  out.write(std::string_view(page).substr(at + script.size()));
  out.close();
}

}  // namespace sr3
