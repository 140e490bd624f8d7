// GET /assets/<name>: styles, script and icons. The two icons have addresses of their own as well:
// browsers and phones ask for them there.
#include <map>
#include <memory>
#include <utility>

#include "http/refusal.hpp"
#include "web/embedded_docs.hpp"
#include "web/web_context.hpp"

namespace postern {
namespace {

HttpResponse serve(const Asset& asset, std::string_view cache_control) {
  return {
      200, asset.content_type, {}, {{"Cache-Control", std::string(cache_control)}}, asset.content};
}

using ResponsesByPath = std::map<std::string, HttpResponse, std::less<>>;

/// Each path names the content, so that a browser may keep it for ever.
ResponsesByPath responses_of(const Assets& pages) {
  ResponsesByPath responses;
  const Assets docs(embedded_docs());
  for (const auto* assets : {&pages, &docs}) {
    for (const auto& [name, asset] : assets->all()) {
      responses.emplace(asset.path, serve(asset, "public, max-age=31536000, immutable"));
    }
  }
  return responses;
}

HttpResponse not_found(const WebContext& web, const HttpRequest& request) {
  const auto& [status, code, detail] = refusal::kNotFound;
  return refusal_page(web, request, code, problem(status, code, detail));
}

}  // namespace

void add_asset_routes(Router& router, const WebContextPtr& web) {
  // One route for all, so that no metric is named after what a file contains.
  const auto responses = std::make_shared<const ResponsesByPath>(responses_of(web->pages.assets()));
  router.add("GET", "/assets/{id}", [web, responses](const HttpRequest& request, Respond respond) {
    const auto found = responses->find(request.path);
    respond(found != responses->end() ? found->second : not_found(*web, request));
  });
  for (const auto& [path, name] : {std::pair{"/favicon.svg", "favicon.svg"},
                                   std::pair{"/apple-touch-icon.png", "touch-icon.png"}}) {
    const Asset& icon = web->pages.assets().get(name);
    router.add("GET", path, [web, &icon](const HttpRequest&, Respond respond) {
      respond(serve(icon, "public, max-age=86400"));
    });
  }
}

}  // namespace postern
