#include "mysql/replica_filters.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace rowplan::mysql {

namespace {

std::string folded(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return folded(other) == folded(name); });
}

/// LIKE, with `\` before a character that stands for itself.
bool is_like(const char* text, const char* pattern) {
  for (; *pattern != 0; ++pattern, ++text) {
    if (*pattern == '%') {
      for (;; ++text) {
        if (is_like(text, pattern + 1)) return true;
        if (*text == 0) return false;
      }
    }
    if (*text == 0) return false;
    if (*pattern == '_') continue;
    if (*pattern == '\\' && pattern[1] != 0) ++pattern;
    if (*pattern != *text) return false;
  }
  return *text == 0;
}

bool has_like(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return is_like(folded(name).c_str(), folded(pattern).c_str());
  });
}

}  // namespace

bool ReplicaFilters::empty() const {
  return do_dbs.empty() && ignore_dbs.empty() && do_tables.empty() && ignore_tables.empty() &&
         wild_do_tables.empty() && wild_ignore_tables.empty() && !rewrites;
}

bool leaves_out(const ReplicaFilters& filters, const std::string& db, const std::string& table) {
  if (!filters.do_dbs.empty()) {
    if (!has(filters.do_dbs, db)) return true;
  } else if (has(filters.ignore_dbs, db)) {
    return true;
  }
  // In the servers' order; the first that knows the table decides.
  const std::string name = db + "." + table;
  if (has(filters.do_tables, name)) return false;
  if (has(filters.ignore_tables, name)) return true;
  if (has_like(filters.wild_do_tables, name)) return false;
  if (has_like(filters.wild_ignore_tables, name)) return true;
  return !filters.do_tables.empty() || !filters.wild_do_tables.empty();
}

std::vector<std::string> names_of_list(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream text(list);
  for (std::string name; std::getline(text, name, ',');) {
    const std::size_t from = name.find_first_not_of(' ');
    if (from != std::string::npos) names.push_back(name.substr(from));
  }
  return names;
}

}  // namespace rowplan::mysql
