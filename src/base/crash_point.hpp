// Named steps of the pipeline at which a test may end the process, as a power cut would.
//
// Thread contract: may be called from any thread.
// Does nothing in the program; tests/crash/ links another definition.
#pragma once

namespace postern {

void crash_point(const char* step);

}  // namespace postern
