#include "text/encoded_word.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(EncodedWord, are_decoded_once) {
  const std::pair<std::string, std::string> cases[] = {
      {"=?UTF-8?B?0J/RgNC40LzQtdGA?=", "Пример"},
      {"=?utf-8?b?0J/RgNC40LzQtdGA?=", "Пример"},
      {"=?UTF-8?Q?Caf=C3=A9_Noir?=", "Café Noir"},
      {"=?iso-8859-1?q?Andr=E9?= Gide", "André Gide"},
      {"=?koi8-r?B?8NLJzcXS?=", "Пример"},
      {"=?windows-1251?B?z/Do7OXw?=", "Пример"},
      {"=?UTF-8*ru?B?0J/RgNC40LzQtdGA?=", "Пример"},
      {"=?UTF-8?Q?one?= =?UTF-8?Q?_two?=", "one two"},
      // A character cut in two, as some write it.
      {"=?UTF-8?B?0J/RgNC40LzQtdE=?= =?UTF-8?B?gA==?=", "Пример"},
      {"=?UTF-8?Q?one?=\t=?iso-8859-1?Q?=E9?=", "oneé"},
      {"Shop =?UTF-8?Q?=E2=82=AC?= today", "Shop € today"},
      // Decoded, that is an encoded word again: once is enough.
      {"=?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=", "=?UTF-8?Q?x?="},
      {"plain", "plain"},
      {"", ""},
      {"=?", "=?"},
      {"=?UTF-8?B?", "=?UTF-8?B?"},
      {"=?UTF-8?X?abc?=", "=?UTF-8?X?abc?="},
      {"=?UTF-8?B?***?=", "=?UTF-8?B?***?="},
      {"=?UTF-8?Q?=4?=", "=?UTF-8?Q?=4?="},
      {"=?no-such-charset?Q?x?=", "=?no-such-charset?Q?x?="},
      {"1 =? 2", "1 =? 2"},
  };
  for (const auto& [text, decoded] : cases) EXPECT_EQ(decode_encoded_words(text), decoded) << text;
}

}  // namespace
}  // namespace postern
