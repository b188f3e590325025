// The settings that the page receives before the first trial, and the page as a single file, for places where no server
// can run.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "study/study.h"

namespace sr3 {

// The task, the question, the numbers of trials and the exposure; the same for every rater.
nlohmann::ordered_json page_settings(const StudyDesign& design);

// Writes the page of rater `rater`, counted from 1: HTML, CSS, script and the pictures of the rater's list, in the order
// shown. It loads nothing and sends nothing: the browser stores the answers, and the rater downloads them at the end as a
// file of answers (study/answers.h). The page does not contain the key in any form, since pictures are identified only by
// their side. But it cannot prevent a rater from looking at the pictures in its source.
void write_page(const Study& study, int64_t rater, const std::string& path);

}  // namespace sr3
