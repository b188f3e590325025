// Memory that a network frees is memory it wants again in a millisecond.
#pragma once

namespace sr3 {

// Tells the C library to keep freed blocks, large ones too, instead of giving them back to the system: fresh pages cost 5 to 7%
// of a step. For the rest of the process, at the first call; does nothing elsewhere than on glibc.
void keep_freed_memory();

}  // namespace sr3
