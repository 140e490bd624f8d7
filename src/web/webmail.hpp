// The webmail page of well-known providers, by the domain of an address.
//
// Thread contract: pure function. Asks no server: a domain that is not in the table has no link.
#pragma once

#include <string_view>

namespace postern {

struct Webmail {
  /// Of the text "webmail_<name>" among the pages' texts.
  std::string_view name;
  std::string_view url;
};

/// `domain` in lower case, as parse_email() leaves it. nullptr: not known.
const Webmail* webmail_of(std::string_view domain);

}  // namespace postern
