// Text of floating-point numbers as the servers' dtoa writes it.
#pragma once

#include <string>

namespace rowplan::mysql {

/// The shortest digits that read back to the same double, laid out as both servers lay out a JSON
/// number (my_gcvt in strings/dtoa.c): plain notation where the decimal point falls at -14 to 15
/// digits, or at 16 of 17 digits; else d.ddde[-]n. "0" for both zeros. `value` must be finite.
[[nodiscard]] std::string double_text(double value);
/// The same for a FLOAT: the shortest that reads back to the same float.
[[nodiscard]] std::string float_text(float value);

}  // namespace rowplan::mysql
