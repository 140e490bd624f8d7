#include "web/webmail.hpp"

#include <algorithm>
#include <array>

namespace postern {
namespace {

constexpr Webmail kGmail{"gmail", "https://mail.google.com/mail/"};
constexpr Webmail kOutlook{"outlook", "https://outlook.live.com/mail/"};
constexpr Webmail kYahoo{"yahoo", "https://mail.yahoo.com/"};
constexpr Webmail kICloud{"icloud", "https://www.icloud.com/mail/"};
constexpr Webmail kProton{"proton", "https://mail.proton.me/"};
constexpr Webmail kFastmail{"fastmail", "https://app.fastmail.com/"};
constexpr Webmail kYandex{"yandex", "https://mail.yandex.ru/"};
constexpr Webmail kYandexCom{"yandex", "https://mail.yandex.com/"};
constexpr Webmail kMailRu{"mail_ru", "https://e.mail.ru/inbox/"};

struct Provider {
  std::string_view domain;
  const Webmail* webmail;
};

// Whole domains, not their endings: mail.yahoo.co.jp is another service, and an unknown domain
// that begins with a known name may belong to any company.
constexpr std::array kProviders = {
    Provider{"gmail.com", &kGmail},        Provider{"googlemail.com", &kGmail},
    Provider{"outlook.com", &kOutlook},    Provider{"hotmail.com", &kOutlook},
    Provider{"live.com", &kOutlook},       Provider{"msn.com", &kOutlook},
    Provider{"passport.com", &kOutlook},   Provider{"outlook.de", &kOutlook},
    Provider{"outlook.fr", &kOutlook},     Provider{"outlook.es", &kOutlook},
    Provider{"outlook.it", &kOutlook},     Provider{"outlook.jp", &kOutlook},
    Provider{"outlook.com.br", &kOutlook}, Provider{"outlook.com.au", &kOutlook},
    Provider{"outlook.pt", &kOutlook},     Provider{"outlook.in", &kOutlook},
    Provider{"hotmail.co.uk", &kOutlook},  Provider{"hotmail.fr", &kOutlook},
    Provider{"hotmail.de", &kOutlook},     Provider{"hotmail.it", &kOutlook},
    Provider{"hotmail.es", &kOutlook},     Provider{"hotmail.com.br", &kOutlook},
    Provider{"live.co.uk", &kOutlook},     Provider{"live.fr", &kOutlook},
    Provider{"live.de", &kOutlook},        Provider{"live.nl", &kOutlook},
    Provider{"live.it", &kOutlook},        Provider{"live.ru", &kOutlook},
    Provider{"yahoo.com", &kYahoo},        Provider{"ymail.com", &kYahoo},
    Provider{"rocketmail.com", &kYahoo},   Provider{"yahoo.co.uk", &kYahoo},
    Provider{"yahoo.fr", &kYahoo},         Provider{"yahoo.de", &kYahoo},
    Provider{"yahoo.it", &kYahoo},         Provider{"yahoo.es", &kYahoo},
    Provider{"yahoo.in", &kYahoo},         Provider{"yahoo.co.in", &kYahoo},
    Provider{"yahoo.ca", &kYahoo},         Provider{"yahoo.com.br", &kYahoo},
    Provider{"yahoo.com.mx", &kYahoo},     Provider{"yahoo.com.ar", &kYahoo},
    Provider{"yahoo.com.au", &kYahoo},     Provider{"yahoo.co.id", &kYahoo},
    Provider{"yahoo.com.sg", &kYahoo},     Provider{"yahoo.com.ph", &kYahoo},
    Provider{"icloud.com", &kICloud},      Provider{"me.com", &kICloud},
    Provider{"mac.com", &kICloud},         Provider{"proton.me", &kProton},
    Provider{"protonmail.com", &kProton},  Provider{"protonmail.ch", &kProton},
    Provider{"pm.me", &kProton},           Provider{"fastmail.com", &kFastmail},
    Provider{"fastmail.fm", &kFastmail},   Provider{"sent.com", &kFastmail},
    Provider{"yandex.ru", &kYandex},       Provider{"ya.ru", &kYandex},
    Provider{"yandex.by", &kYandex},       Provider{"yandex.kz", &kYandex},
    Provider{"yandex.ua", &kYandex},       Provider{"narod.ru", &kYandex},
    Provider{"yandex.com", &kYandexCom},   Provider{"yandex.com.tr", &kYandexCom},
    Provider{"mail.ru", &kMailRu},         Provider{"inbox.ru", &kMailRu},
    Provider{"list.ru", &kMailRu},         Provider{"bk.ru", &kMailRu},
    Provider{"internet.ru", &kMailRu},     Provider{"xmail.ru", &kMailRu},
};

}  // namespace

const Webmail* webmail_of(std::string_view domain) {
  const auto* found =
      std::find_if(kProviders.begin(), kProviders.end(),
                   [&](const Provider& provider) { return provider.domain == domain; });
  return found == kProviders.end() ? nullptr : found->webmail;
}

}  // namespace postern
