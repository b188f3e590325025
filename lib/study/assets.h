// The raters' page: index.html, study.css and study.js of this folder, which the build embeds in the program
// (embed.cmake), so that an installed program needs no data files.
#pragma once

#include <string_view>

namespace sr3 {

extern const std::string_view kPageHtml, kPageCss, kPageJs;

}  // namespace sr3
