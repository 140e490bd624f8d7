#include "store_sql/statement_text.hpp"

#include <string_view>

namespace postern {

std::string expanded(std::string text, const ColumnList& columns, const StatementForms& forms) {
  const auto fill = [&](std::string_view mark, const auto& content) {
    const auto at = text.find(mark);
    if (at != std::string::npos) text.replace(at, mark.size(), content());
  };
  fill("{columns}", [&] { return names_of(columns); });
  fill("{insert}", [&] { return forms.insert(columns); });
  fill("{update}", [&] { return forms.update(columns); });
  return text;
}

}  // namespace postern
