#include "mysql/mutant.h"

namespace rowplan::mysql {

bool planted(Mutant /*mutant*/) noexcept { return false; }

}  // namespace rowplan::mysql
