#include "planner/selector.h"

#include <algorithm>

#include "mysql/quote.h"
#include "planner/refusal.h"

namespace rowplan::planner {

Selector::Selector(const Selection& selection)
    : only_(parse(selection.only)), exclude_(parse(selection.exclude)) {}

bool Selector::may_select(const std::string& pair) const {
  const auto means = [&](const Entry& entry) { return means_pair(entry.address.pair, pair); };
  const auto takes_all = [&](const Entry& entry) { return means(entry) && !entry.address.table; };
  return (only_.empty() || std::any_of(only_.begin(), only_.end(), means)) &&
         std::none_of(exclude_.begin(), exclude_.end(), takes_all);
}

bool Selector::selects(const std::string& pair, const mysql::TableName& table) {
  const bool in = only_.empty() || matches(only_, pair, table);
  const bool out = matches(exclude_, pair, table);
  return in && !out;
}

void Selector::leave_out(const std::string& pair) {
  for (auto* list : {&only_, &exclude_})
    for (Entry& entry : *list)
      if (entry.address.pair == pair) entry.used = true;
}

void Selector::require_all_known(const Manifest& manifest) const {
  for (const auto* list : {&only_, &exclude_})
    for (const Entry& entry : *list) {
      const bool pair_known = std::any_of(
          manifest.pairs.begin(), manifest.pairs.end(),
          [&](const PairSpec& pair) { return means_pair(entry.address.pair, pair.name); });
      if (!pair_known || (entry.address.table && !entry.used))
        throw Refusal(RefusalReason::usage, "unknown address '" + entry.text + "'",
                      "rowplan validate --connect lists the addresses");
    }
}

std::vector<Selector::Entry> Selector::parse(const std::vector<std::string>& texts) {
  std::vector<Entry> entries;
  for (const std::string& text : texts) {
    const auto address = parse_address(text);
    if (!address)
      throw Refusal(RefusalReason::usage, "'" + mysql::printable(text) + "' is not an address",
                    "an address is `pair`, `pair/db.table`, `group` or `group/db.table`");
    entries.push_back({text, *address, false});
  }
  return entries;
}

bool Selector::matches(std::vector<Entry>& entries, const std::string& pair,
                       const mysql::TableName& table) {
  bool any = false;
  for (Entry& entry : entries) {
    if (!means_pair(entry.address.pair, pair)) continue;
    if (entry.address.table && *entry.address.table != table) continue;
    entry.used = true;
    any = true;
  }
  return any;
}

}  // namespace rowplan::planner
