#include "cmd/shown_text.h"

#include "mysql/quote.h"
#include "planner/diagnostic.h"

namespace rowplan::cmd {

std::string shown(std::string_view text) {
  // The first leaves no control character and no byte that is not UTF-8, the second no invisible
  // one.
  return planner::printable(mysql::printable(text));
}

std::string shown_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + shown(text);
  return list;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./,:=@%+";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

std::string counted(unsigned long long count, std::string_view singular, std::string_view plural) {
  std::string text = std::to_string(count) + ' ';
  text += count == 1 ? singular : plural;
  return text;
}

}  // namespace rowplan::cmd
