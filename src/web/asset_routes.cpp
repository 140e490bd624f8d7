// GET /assets/<name>: styles, script and icons. The two icons have addresses of their own as well:
// browsers and phones ask for them there.
#include <utility>

#include "web/web_context.hpp"

namespace postern {
namespace {

HttpResponse serve(const Asset& asset, std::string_view cache_control) {
  return {
      200, asset.content_type, {}, {{"Cache-Control", std::string(cache_control)}}, asset.content};
}

}  // namespace

void add_asset_routes(Router& router, const WebContextPtr& web) {
  for (const auto& [name, asset] : web->pages.assets().all()) {
    router.add("GET", asset.path, [web, &asset](const HttpRequest&, Respond respond) {
      respond(serve(asset, "public, max-age=31536000, immutable"));
    });
  }
  for (const auto& [path, name] : {std::pair{"/favicon.svg", "favicon.svg"},
                                   std::pair{"/apple-touch-icon.png", "touch-icon.png"}}) {
    const Asset& icon = web->pages.assets().get(name);
    router.add("GET", path, [web, &icon](const HttpRequest&, Respond respond) {
      respond(serve(icon, "public, max-age=86400"));
    });
  }
}

}  // namespace postern
