#include "mysql/cell_maker.h"

#include "mysql/json_canonical.h"
#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

constexpr unsigned kPacketOverflow = 1301;
constexpr unsigned kMalformed = 2027;
constexpr std::size_t kCutAt = 512;  // by a planted bug

/// False: the number has no label, which a server never sends.
bool append_label(std::string& out, const ReadColumn& column, std::uint64_t number) {
  const auto& labels = column.labels;
  out += number == 0 ? '1' : '0';
  if (number == 0) return true;
  if (!column.type.is_set) {
    if (number > labels.size()) return false;
    out += labels[number - 1];
    return true;
  }
  bool first = true;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if ((number >> i & 1) == 0) continue;
    if (!first) out += ',';
    out += labels[i];
    first = false;
  }
  return labels.size() == 64 || number >> labels.size() == 0;
}

}  // namespace

std::string_view CellMaker::of_bytes(const ReadColumn& column, std::string_view sent,
                                     std::string& made) const {
  made.clear();
  if (ignores_spaces_) sent = sent.substr(0, sent.find_last_not_of(' ') + 1);
  if (cuts_values_) sent = sent.substr(0, kCutAt);
  if (column.type.kind == CellKind::json && column.type.canonical)
    return made = canonical_json(sent);
  if (column.type.kind != CellKind::tagged_text) return sent;
  if (column.tag_utf8) {
    made += is_utf8(sent) ? 't' : 'x';
    return made += sent;
  }
  if (sent == kUnreadable)
    throw Error(server_, kPacketOverflow, "HY000",
                "a value is larger than max_allowed_packet when it is converted; raise it on the "
                "server",
                doing_);
  return sent;
}

std::string_view CellMaker::of_label(const ReadColumn& column, std::uint64_t number,
                                     std::string& made) const {
  made.clear();
  if (!append_label(made, column, number))
    throw Error(server_, kMalformed, "HY000", "a value outside the column's labels", doing_);
  return made;
}

}  // namespace rowplan::mysql
