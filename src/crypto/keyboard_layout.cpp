#include "crypto/keyboard_layout.hpp"

#include <unicode/uchar.h>

#include <vector>

namespace postern {

namespace {

constexpr std::u32string_view kRussian = U"йцукенгшщзхъфывапролджэячсмитьбюё";
constexpr std::string_view kEnglish = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
static_assert(kRussian.size() == kEnglish.size());

constexpr std::u32string_view kWords[] = {
    U"пароль",  U"йцукен", U"привет",   U"йцукенгшщзхъ",  U"фывапролджэ", U"ячсмитьбю",
    U"любовь",  U"наташа", U"марина",   U"андрей",        U"максим",      U"александр",
    U"дмитрий", U"сергей", U"солнышко", U"москва",        U"россия",      U"спартак",
    U"зенит",   U"люблю",  U"админ",    U"администратор", U"доступ",      U"логин",
    U"секрет",  U"моя",    U"мой",      U"новый",         U"это"};

}  // namespace

Secret on_english_keys(std::u32string_view text) {
  std::string typed;
  typed.reserve(text.size());
  bool differs = false;
  for (const char32_t c : text) {
    const auto lower = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
    const std::size_t key = kRussian.find(lower);
    if (key != std::u32string_view::npos) {
      typed.push_back(kEnglish[key]);
      differs = true;
    } else {
      // No key gives it: one byte, so that the score is that of as many characters.
      typed.push_back(c < 0x80 ? static_cast<char>(c) : '\x7f');
    }
  }
  if (!differs) wipe(typed);
  return Secret(std::move(typed));
}

std::span<const std::string> common_russian_words() {
  static const std::vector<std::string> typed = [] {
    std::vector<std::string> words;
    for (const std::u32string_view word : kWords) words.emplace_back(on_english_keys(word).view());
    return words;
  }();
  return typed;
}

}  // namespace postern
