#include "mail/link_life.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace postern {
namespace {

enum class Unit { kSecond, kMinute, kHour, kDay };

struct Count {
  std::int64_t number = 0;
  Unit unit = Unit::kSecond;
};

/// One, few, many: 1 минуту, 2 минуты, 5 минут.
using Forms = std::array<std::string_view, 3>;

constexpr std::array<Forms, 4> kEnglish{{
    {"second", "seconds", "seconds"},
    {"minute", "minutes", "minutes"},
    {"hour", "hours", "hours"},
    {"day", "days", "days"},
}};
constexpr std::array<Forms, 4> kRussian{{
    {"секунду", "секунды", "секунд"},
    {"минуту", "минуты", "минут"},
    {"час", "часа", "часов"},
    {"день", "дня", "дней"},
}};

/// A unit is used from two of it on, if it loses nothing: 60 minutes, 90 minutes, 2 hours.
Count in_best_unit(Duration life) {
  using namespace std::chrono;
  if (life >= days(2) && life % days(1) == 0ms) return {life / days(1), Unit::kDay};
  const bool long_life = life >= days(2);
  if (long_life || (life >= hours(2) && life % hours(1) == 0ms)) return {life / 1h, Unit::kHour};
  if (life >= minutes(1)) return {life / 1min, Unit::kMinute};
  return {std::max<std::int64_t>(life / 1s, 1), Unit::kSecond};
}

std::size_t english_form(std::int64_t number) { return number == 1 ? 0 : 1; }

std::size_t russian_form(std::int64_t number) {
  const std::int64_t last = number % 10;
  const bool teen = number % 100 / 10 == 1;
  if (teen || last == 0 || last > 4) return 2;
  return last == 1 ? 0 : 1;
}

}  // namespace

std::string link_life_words(Duration life, std::string_view locale) {
  if (life <= Duration::zero()) return {};
  const Count count = in_best_unit(life);
  const bool russian = locale == "ru";
  const std::size_t form = russian ? russian_form(count.number) : english_form(count.number);
  const auto& forms = (russian ? kRussian : kEnglish)[static_cast<std::size_t>(count.unit)];
  return std::to_string(count.number).append(" ").append(forms[form]);
}

}  // namespace postern
