// The verdict on a password: long enough, nothing personal, not among the first million guesses.
//
// libzxcvbn keeps its dictionary in constant tables and its work on the stack and the heap of the
// call: it may run on many threads at once. Its time grows with the fifth power of the length, so
// it sees the beginning only; what has a weak beginning and a strong rest is refused for that.
#include <openssl/crypto.h>
#include <unicode/uchar.h>
#include <zxcvbn.h>

#include <algorithm>
#include <cmath>

#include "base/limits.hpp"
#include "crypto/keyboard_layout.hpp"
#include "crypto/password.hpp"
#include "text/utf8.hpp"

namespace postern {

namespace {

/// Separators between the parts of a name or a phrase.
constexpr std::u32string_view kSeparators = U" .,_-+@/'";
constexpr std::size_t kShortestPersonalWord = 3;
constexpr std::size_t kOtherCodePoints = 3;
constexpr int kLeastScore = 2;

/// Code points of a password, wiped when they go.
struct CodePoints {
  explicit CodePoints(std::u32string taken) : text(std::move(taken)) {}
  CodePoints(const CodePoints&) = delete;
  CodePoints& operator=(const CodePoints&) = delete;
  ~CodePoints() { OPENSSL_cleanse(text.data(), text.size() * sizeof(char32_t)); }

  std::u32string text;
};

/// Without regard to case and separators: "John.Smith" and "johnsmith" are one.
void reduce_to_letters(std::u32string& text) {
  std::size_t kept = 0;
  for (const char32_t c : text) {
    if (kSeparators.find(c) != std::u32string_view::npos) continue;
    text[kept++] = static_cast<char32_t>(u_foldCase(static_cast<UChar32>(c), U_FOLD_CASE_DEFAULT));
  }
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(kept), text.end(), U'\0');
  text.resize(kept);
}

std::vector<std::u32string> reduced_words(std::span<const std::string> personal) {
  std::vector<std::u32string> words;
  for (const std::string& word :
       personal.first(std::min(personal.size(), limits::kPersonalWords))) {
    std::optional<std::u32string> text = decode_utf8(word);
    if (!text) continue;
    reduce_to_letters(*text);
    if (text->size() >= kShortestPersonalWord) words.push_back(std::move(*text));
  }
  return words;
}

/// Whether `password` is personal words in a row, with at most kOtherCodePoints between or after.
/// Goes from left to right and keeps, for each position, the fewest others needed to get there.
bool is_made_of(const std::u32string& password, std::span<const std::u32string> words) {
  std::vector<std::size_t> others(password.size() + 1, 0);
  for (std::size_t end = 1; end <= password.size(); ++end) {
    others[end] = others[end - 1] + 1;
    for (const std::u32string& word : words) {
      if (word.size() > end || password.compare(end - word.size(), word.size(), word) != 0)
        continue;
      others[end] = std::min(others[end], others[end - word.size()]);
    }
  }
  return others.back() <= kOtherCodePoints && others.back() < password.size();
}

int score_of_bits(double bits) {
  constexpr double kDecades[] = {3, 6, 8, 10};
  const double decades = bits * std::log10(2.0);
  return static_cast<int>(std::count_if(std::begin(kDecades), std::end(kDecades),
                                        [&](double limit) { return decades >= limit; }));
}

int zxcvbn_score(std::string_view password, std::span<const std::string> personal,
                 std::span<const std::string> common) {
  std::vector<const char*> words;
  for (const std::string& word :
       personal.first(std::min(personal.size(), limits::kPersonalWords))) {
    if (word.size() >= kShortestPersonalWord) words.push_back(word.c_str());
  }
  for (const std::string& word : common) words.push_back(word.c_str());
  words.push_back(nullptr);
  std::string judged(utf8_prefix(password, limits::kPasswordJudgedBytes));
  const double bits = ZxcvbnMatch(judged.c_str(), words.data(), nullptr);
  wipe(judged);
  return score_of_bits(bits);
}

int score_of(std::string_view password, const std::u32string& code_points,
             std::span<const std::string> personal) {
  const int score = zxcvbn_score(password, personal, {});
  const Secret typed = on_english_keys(code_points);
  if (typed.empty()) return score;
  return std::min(score, zxcvbn_score(typed.view(), personal, common_russian_words()));
}

bool is_control(char32_t c) { return u_charType(static_cast<UChar32>(c)) == U_CONTROL_CHAR; }

}  // namespace

PasswordVerdict judge_password(std::string_view password, std::size_t min_length,
                               std::span<const std::string> personal,
                               const BreachedPasswords* breached) {
  if (password.size() > limits::kPasswordBytes) return {.reason = "too_long"};
  std::optional<std::u32string> decoded = decode_utf8(password);
  if (!decoded) return {.reason = "not_text"};
  CodePoints code_points(std::move(*decoded));
  if (std::any_of(code_points.text.begin(), code_points.text.end(), is_control)) {
    return {.reason = "not_text"};
  }
  PasswordVerdict verdict;
  const std::size_t length = code_points.text.size();
  verdict.score = score_of(password, code_points.text, personal);
  reduce_to_letters(code_points.text);
  if (length < std::max(min_length, limits::kPasswordLengthFloor)) {
    verdict.reason = "too_short";
  } else if (is_made_of(code_points.text, reduced_words(personal))) {
    verdict.reason = "personal";
  } else if (verdict.score < kLeastScore) {
    verdict.reason = "common";
  } else if (is_known_breached(code_points.text) || (breached && breached->contains(password))) {
    verdict.reason = "breached";
    verdict.score = std::min(verdict.score, kLeastScore - 1);
  }
  verdict.accepted = verdict.reason.empty();
  return verdict;
}

}  // namespace postern
