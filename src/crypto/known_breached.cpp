// Phrases, names and keyboard walks that are among the passwords of many published breaches and
// that an estimator of guesses considers strong: lists/breached_passwords.txt, one a line, in
// lower case, without separators, in the order of their bytes.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "base/embedded_file.hpp"
#include "crypto/breached_passwords.hpp"
#include "crypto/secret.hpp"
#include "text/utf8.hpp"

namespace postern {

std::span<const EmbeddedFile> embedded_lists();

namespace {

std::vector<std::string_view> read_list() {
  std::vector<std::string_view> lines;
  for (const auto& file : embedded_lists()) {
    for (std::string_view rest = file.content; !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size());
      lines.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (!std::ranges::is_sorted(lines)) throw std::logic_error("the list is not sorted");
  return lines;
}

}  // namespace

std::span<const std::string_view> known_breached_passwords() {
  static const std::vector<std::string_view> list = read_list();
  return list;
}

bool is_known_breached(std::u32string_view reduced) {
  const Secret text(encode_utf8(reduced));
  return std::ranges::binary_search(known_breached_passwords(), text.view());
}

}  // namespace postern
