// What the page is told before any trial, and the page as one file for where no server can run.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "study/study.h"

namespace sr3 {

// Task, question, numbers of trials, exposure. The same for every rater.
nlohmann::ordered_json page_settings(const StudyDesign& design);

// The page of rater `rater` (from 1): HTML, CSS, script and the list's pictures, in the order shown. It loads nothing
// and sends nothing: answers are kept by the browser, and downloaded at the end as a file of answers (study/answers.h).
// The key is not in it in any form: pictures stand by side only. It cannot keep someone from looking at its source,
// where they lie.
void write_page(const Study& study, int64_t rater, const std::string& path);

}  // namespace sr3
