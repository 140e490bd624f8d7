#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "crypto/password.hpp"

namespace postern {
namespace {

const std::vector<std::string> kPersonal = {
    "john.smith@example.com", "john.smith", "john", "smith", "example.com", "Postern"};

std::string verdict_on(std::string_view password, std::size_t min_length = 15,
                       const std::vector<std::string>& personal = kPersonal) {
  const PasswordVerdict verdict = judge_password(password, min_length, personal);
  EXPECT_EQ(verdict.accepted, verdict.reason.empty());
  return verdict.accepted ? "accepted" : verdict.reason;
}

TEST(JudgePassword, P1_honest_passwords_are_accepted_without_composition_rules) {
  for (const char* password :
       {"correct horse battery staple", "NewStrongPassword123", "MySecurePassword123!",
        "correcthorsebatterystaple", "purple elephants dance at noon", "x8Kd0Qm2Zp7RtY4w",
        "n0 r00m f0r the tw0 0f us",
        // Russian, and characters of four bytes.
        "правильная лошадь батарея скрепка", "мойдядясамыхчестныхправил",
        "\xf0\x9f\x90\xb4\xf0\x9f\x94\x8b\xf0\x9f\x93\x8e\xf0\x9f\x9a\x80 and eleven more",
        "тихий вечер на берегу"}) {
    EXPECT_EQ(verdict_on(password), "accepted") << password;
  }
}

TEST(JudgePassword, P1_the_length_counts_code_points) {
  EXPECT_EQ(verdict_on("kz4!wq9?mx2_bv"), "too_short");
  EXPECT_EQ(verdict_on("kz4!wq9?mx2_bvd"), "accepted");
  // 14 and 15 code points in 28 and 30 bytes.
  EXPECT_EQ(verdict_on("жэюяъьщшчцхфйё"), "too_short");
  EXPECT_EQ(verdict_on("жкюаъьпшчбхфрёд"), "accepted");
  EXPECT_EQ(verdict_on("", 15), "too_short");
}

TEST(JudgePassword, P1_the_least_length_is_never_below_8) {
  for (const std::size_t min_length : {0, 1, 7, 8}) {
    EXPECT_EQ(verdict_on("kz4!wq9", min_length), "too_short");
    EXPECT_EQ(verdict_on("kz4!wq9?", min_length), "accepted");
  }
  EXPECT_EQ(verdict_on("kz4!wq9?mx2_bvd", 16), "too_short");
}

TEST(JudgePassword, P1_long_ones_are_accepted_up_to_1024_bytes) {
  std::string phrase = "purple elephants dance at noon. ";
  while (phrase.size() < 1024) phrase += phrase;
  EXPECT_EQ(verdict_on(phrase.substr(0, 64)), "accepted");
  EXPECT_EQ(verdict_on(phrase.substr(0, 1024)), "accepted");
  EXPECT_EQ(verdict_on(phrase + "x"), "too_long");
}

TEST(JudgePassword, P2_every_entry_of_the_list_is_refused_for_it_alone) {
  for (const auto password : known_breached_passwords()) {
    EXPECT_EQ(verdict_on(password, 8), "breached") << password;
  }
}

TEST(JudgePassword, P2_case_and_separators_hide_no_breached_password) {
  for (const char* password : {"Never gonna give you up", "NEVER-GONNA-GIVE-YOU-UP",
                               "Я очень тебя люблю", "1qaz@wsx3edc$rfv"}) {
    EXPECT_EQ(verdict_on(password), "breached") << password;
    EXPECT_LT(judge_password(password, 15, {}).score, 2) << password;
  }
}

TEST(JudgePassword, P2_common_passwords_are_refused) {
  for (const char* password :
       {"passwordpassword", "111111111111111", "qwertyuiopasdfgh", "123456789012345",
        "aaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnop", "password123456789", "P@ssw0rdP@ssw0rd",
        "qwerty123456789", "letmeinletmeinletmein", "iloveyouiloveyou", "passwordpasswordpassword",
        "987654321987654321", "administratoradministrator", "asdfghjklasdfghjkl", "abcabcabcabcabc",
        "thisisapassword", "               ", "---------------",
        // The same on Russian keys.
        "парольпарольпароль", "йцукенгшщзхъфыва", "приветприветпривет", "Мойпарольпароль",
        "йцукенйцукенйцукен", "ЙЦУКЕНЙЦУКЕНЙЦУКЕН", "аааааааааааааааа"}) {
    EXPECT_EQ(verdict_on(password), "common") << password;
  }
}

TEST(JudgePassword, P2_a_common_password_stays_common_however_long_it_is) {
  EXPECT_EQ(verdict_on(std::string(500, 'a')), "common");
  std::string repeated;
  while (repeated.size() < 1000) repeated += "password";
  EXPECT_EQ(verdict_on(repeated), "common");
}

TEST(JudgePassword, P2_the_address_and_the_product_are_refused) {
  for (const char* password :
       {"john.smith@example.com", "JOHN.SMITH@EXAMPLE.COM", "johnsmithexamplecom",
        "john smith john smith", "John-Smith_John.Smith", "smithsmithsmith1", "smithsmithsmith123",
        "1smith2smith3smith", "posternpostern!!", "Postern Postern 1", "postern.example.com",
        "smith+postern/smith",
        "\xef\xbd\x8a"
        "ohnsmithjohnsmith"}) {
    const auto form = normalise_password(password);
    ASSERT_TRUE(form);
    EXPECT_EQ(verdict_on(form->view()), "personal") << password;
  }
}

TEST(JudgePassword, P2_words_of_other_scripts_are_personal_too) {
  EXPECT_EQ(verdict_on("Мойка у Иванова", 15, {"мойкауиванова"}), "personal");
  EXPECT_EQ(verdict_on("ИВАНОВИВАНОВИВАНОВ", 15, {"Иванов"}), "personal");
}

TEST(JudgePassword, P2_a_personal_word_within_a_phrase_is_no_fault) {
  EXPECT_EQ(verdict_on("smith rides the purple elephant"), "accepted");
  EXPECT_EQ(verdict_on("my postern creaks in the wind"), "accepted");
  // Words of one or two emails say nothing.
  EXPECT_EQ(verdict_on("correct horse battery staple", 15,
                       {"a", "e", "o", "r", "t", "st", "c", "h", "s", "b", "y", "p", "l", ""}),
            "accepted");
  EXPECT_EQ(verdict_on("correct horse battery staple", 15, {"\xff\xfe", "...", ""}), "accepted");
}

TEST(JudgePassword, P2_the_score_is_that_of_zxcvbn) {
  EXPECT_EQ(judge_password("passwordpassword", 15, {}).score, 0);
  EXPECT_EQ(judge_password("qwertyuiopasdfgh", 15, {}).score, 1);
  EXPECT_EQ(judge_password("NewStrongPassword123", 15, {}).score, 2);
  EXPECT_EQ(judge_password("MySecurePassword123!", 15, {}).score, 3);
  EXPECT_EQ(judge_password("correct horse battery staple", 15, {}).score, 4);
  // A short one has a score as well, for the meter beside the field.
  EXPECT_EQ(judge_password("x8Kd0Qm2Zp", 15, {}).score, 4);
}

TEST(JudgePassword, P2_controls_and_other_bytes_are_no_password) {
  for (const std::string& password :
       {std::string("correct horse\0battery", 21), std::string("correct horse\nbattery"),
        std::string("correct horse\tbattery"),
        std::string("correct horse\x7f"
                    "battery"),
        std::string("correct horse\xc2\x85"
                    "battery"),
        std::string("correct horse \xff battery")}) {
    EXPECT_EQ(verdict_on(password), "not_text");
  }
}

// zxcvbn's time can grow with the fifth power of what it is given (100 bytes of "2121" take
// seconds), so that it is given the beginning only: what follows changes no score.
TEST(JudgePassword, K3_the_rest_of_a_long_password_is_not_judged) {
  ASSERT_LE(limits::kPasswordJudgedBytes, 32U);
  for (const std::string part :
       {"21", "12", "23", "1q", "a", "0O1l", "e4a1s5", "password", "$s5S", "li1|", "12.3.2004"}) {
    std::string password;
    while (password.size() < 1000) password += part;
    const std::string beginning = password.substr(0, limits::kPasswordJudgedBytes);
    const int score = judge_password(beginning, 15, kPersonal).score;
    EXPECT_EQ(judge_password(password, 15, kPersonal).score, score) << part;
    EXPECT_EQ(judge_password(beginning + "x8Kd0Qm2Zp7RtY4w", 15, kPersonal).score, score) << part;
  }
}

}  // namespace
}  // namespace postern
