#include "planner/glob.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "planner/utf8.h"

namespace rowplan::planner {

std::optional<NamePattern> NamePattern::parse(std::string_view text) {
  NamePattern pattern;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '*' || text[at] == '?') {
      pattern.atoms_.push_back({text[at] == '*' ? Kind::run : Kind::one, '\0'});
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of("*?", at), text.size());
    const std::optional<std::string> bytes = decode_name(text.substr(at, end - at));
    if (!bytes) return std::nullopt;
    for (const char byte : *bytes) pattern.atoms_.push_back({Kind::byte, byte});
    at = end;
  }
  if (pattern.atoms_.empty()) return std::nullopt;
  return pattern;
}

bool NamePattern::matches(std::string_view name) const {
  std::size_t atom = 0;
  std::size_t at = 0;
  std::optional<std::size_t> run;  // the last `*` that was passed
  std::size_t run_end = 0;         // up to where it reaches in the name
  while (at < name.size()) {
    if (atom < atoms_.size() && atoms_[atom].kind == Kind::run) {
      run = atom++;
      run_end = at;
    } else if (atom < atoms_.size() && atoms_[atom].kind == Kind::one) {
      at += utf8_at(name, at).size;
      ++atom;
    } else if (atom < atoms_.size() && atoms_[atom].byte == name[at]) {
      ++at;
      ++atom;
    } else if (run) {
      run_end += utf8_at(name, run_end).size;
      at = run_end;
      atom = *run + 1;
    } else {
      return false;
    }
  }
  while (atom < atoms_.size() && atoms_[atom].kind == Kind::run) ++atom;
  return atom == atoms_.size();
}

std::optional<std::string> NamePattern::literal() const {
  std::string name;
  for (const Atom& atom : atoms_) {
    if (atom.kind != Kind::byte) return std::nullopt;
    name += atom.byte;
  }
  return name;
}

std::optional<TableName> TableGlob::literal() const {
  std::optional<std::string> db_name = db.literal();
  std::optional<std::string> table_name = table.literal();
  if (!db_name || !table_name) return std::nullopt;
  return TableName{std::move(*db_name), std::move(*table_name)};
}

bool TableGlob::matches(const TableName& name) const {
  return db.matches(name.db) && table.matches(name.table);
}

std::variant<TableGlob, InputProblem> parse_glob(std::string_view text) {
  TableGlob glob;
  glob.text = std::string(text);
  glob.negative = text.starts_with('!');
  if (glob.negative) text.remove_prefix(1);
  if (text.find('`') != std::string_view::npos) {
    return InputProblem{"a backquote in " + in_quotes(glob.text),
                        "names stand as they are, without quotes; %60 is a backquote in a name"};
  }
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) {
    return InputProblem{in_quotes(glob.text) + " is not of the form \"database.table\"",
                        in_quotes(std::string(text) + ".*") + " is a whole database"};
  }
  std::optional<NamePattern> db = NamePattern::parse(text.substr(0, dot));
  std::optional<NamePattern> table = NamePattern::parse(text.substr(dot + 1));
  if (!db || !table) {
    return InputProblem{in_quotes(glob.text) + " is not of the form \"database.table\"",
                        "a % must be followed by two hex digits; %25 is a % in a name"};
  }
  glob.db = std::move(*db);
  glob.table = std::move(*table);
  return glob;
}

bool selects(const std::vector<TableGlob>& globs, const TableName& name) {
  bool selected = false;
  for (const TableGlob& glob : globs) {
    if (!glob.matches(name)) continue;
    if (glob.negative) return false;
    selected = true;
  }
  return selected;
}

}  // namespace rowplan::planner
