// Memory that a network frees is memory that it needs again in a millisecond.
#pragma once

namespace sr3 {

// Makes the C library keep freed blocks, large ones too, instead of returning them to the system: fresh pages cost 5 to 7% of a
// step. The first call sets this for the rest of the process. Does nothing without glibc.
void keep_freed_memory();

}  // namespace sr3
