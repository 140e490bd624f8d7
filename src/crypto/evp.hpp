// Owners of OpenSSL's objects, and its view of bytes. For the sources of this folder.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace postern {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

using EvpKey = Owned<EVP_PKEY, &EVP_PKEY_free>;
using DigestContext = Owned<EVP_MD_CTX, &EVP_MD_CTX_free>;

inline const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* octets(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace postern
