#include "web/assets.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <stdexcept>

namespace postern {
namespace {

constexpr std::string_view kFolder = "assets/";

/// FNV-1a: tells versions of our own files apart, and need not withstand an attacker.
std::string content_mark(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : content) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
  return {digits.data(), end};
}

std::string_view type_of(std::string_view extension) {
  if (extension == ".css") return "text/css; charset=utf-8";
  if (extension == ".js") return "text/javascript; charset=utf-8";
  if (extension == ".svg") return "image/svg+xml";
  if (extension == ".png") return "image/png";
  return "application/octet-stream";
}

}  // namespace

Assets::Assets(std::span<const EmbeddedFile> files) {
  for (const auto& file : files) {
    if (!file.name.starts_with(kFolder)) continue;
    const auto name = file.name.substr(kFolder.size());
    const auto stem = name.substr(0, name.rfind('.'));
    const auto extension = name.substr(stem.size());
    std::string path = "/";
    path.append(kFolder).append(stem).append(1, '.').append(content_mark(file.content));
    path.append(extension);
    assets_.emplace(name, Asset{std::move(path), std::string(type_of(extension)), file.content});
  }
}

const Asset& Assets::get(std::string_view name) const {
  const auto asset = assets_.find(name);
  if (asset == assets_.end()) {
    throw std::runtime_error("The page asset " + std::string(name) + " is missing.");
  }
  return asset->second;
}

}  // namespace postern
