// The raters' page: index.html, study.css and study.js of this folder, put into the program when it is built
// (embed.cmake), so that an installed program needs no folder.
#pragma once

#include <string_view>

namespace sr3 {

extern const std::string_view kPageHtml, kPageCss, kPageJs;

}  // namespace sr3
