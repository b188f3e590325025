// Command lines to be shown to the user, who pastes them into a shell.
#pragma once

#include <string>

namespace sr3 {

// A word as the shell reads it back: in quotes if it needs them.
std::string shell_word(const std::string& word);

}  // namespace sr3
