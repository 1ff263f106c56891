#include "mysql/key_order.h"

#include <algorithm>
#include <cassert>

namespace rowplan::mysql {

namespace {

int compare_bytes(std::string_view a, std::string_view b) { return a.compare(b); }

int compare_pad_space(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  if (const int head = a.substr(0, common).compare(b.substr(0, common)); head != 0) return head;
  const bool a_longer = a.size() > b.size();
  for (const char c : (a_longer ? a : b).substr(common)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == ' ') continue;
    const int longer_is = byte < ' ' ? -1 : 1;
    return a_longer ? longer_is : -longer_is;
  }
  return 0;
}

/// Whole and fractional digits of |x|, without zeros in front.
struct Digits {
  std::string_view whole;
  std::string_view fraction;
};

Digits digits_of(std::string_view text) {
  const std::size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  const std::size_t first = whole.find_first_not_of('0');
  whole = first == std::string_view::npos ? std::string_view() : whole.substr(first);
  return {whole, point == std::string_view::npos ? std::string_view() : text.substr(point + 1)};
}

int compare_decimal(std::string_view a, std::string_view b) {
  const bool a_negative = a[0] == '-';
  const bool b_negative = b[0] == '-';
  const Digits x = digits_of(a.substr(a_negative ? 1 : 0));
  const Digits y = digits_of(b.substr(b_negative ? 1 : 0));
  int magnitude = 0;
  if (x.whole.size() != y.whole.size())
    magnitude = x.whole.size() < y.whole.size() ? -1 : 1;
  else if ((magnitude = x.whole.compare(y.whole)) == 0)
    magnitude = x.fraction.compare(y.fraction);  // of one scale
  if (a_negative != b_negative) return a_negative ? -1 : 1;
  return a_negative ? -magnitude : magnitude;
}

}  // namespace

int compare_cells(ColumnOrder order, std::string_view a, std::string_view b) {
  switch (order) {
    case ColumnOrder::bytes:
      return compare_bytes(a, b);
    case ColumnOrder::decimal:
      return compare_decimal(a, b);
    case ColumnOrder::pad_space:
      return compare_pad_space(a, b);
  }
  assert(false);
  return 0;
}

int compare_keys(const std::vector<ColumnOrder>& order, const Row& a, const Row& b) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    assert(!a.is_null(i) && !b.is_null(i));
    if (const int result = compare_cells(order[i], a.cell(i), b.cell(i)); result != 0)
      return result;
  }
  return 0;
}

}  // namespace rowplan::mysql
