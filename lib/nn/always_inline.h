// For loops that several functions compile for their own instruction sets (target attributes): a call would leave the set.
#pragma once

#define SR3_INLINE inline __attribute__((always_inline))
