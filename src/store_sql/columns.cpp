#include "store_sql/columns.hpp"

#include "store/store.hpp"

namespace postern {

Error text_refused() {
  return Error{store_error::kRejected, Retry::kNever, "text that is not UTF-8 or holds a NUL"};
}

Error unknown_value() {
  return Error{store_error::kUnavailable, Retry::kLater, "a row holds an unknown value"};
}

std::string names_of(const ColumnList& columns) {
  std::string names;
  for (const auto& column : columns) {
    if (!names.empty()) names += ", ";
    names.append(column.name);
  }
  return names;
}

}  // namespace postern
