// Russian passwords as the same keys give them on an English keyboard ("пароль" is "gfhjkm"): the
// estimator's dictionary and keyboard walks are English and would find none of them.
//
// Thread contract: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "crypto/secret.hpp"

namespace postern {

/// One byte for each code point; empty when no email is Russian.
Secret on_english_keys(std::u32string_view text);

/// The most common parts of Russian passwords, as typed on English keys, most frequent first.
std::span<const std::string> common_russian_words();

}  // namespace postern
