// Finds the handler of a method and path.
//
// Thread contract: filled before the server starts, read-only afterwards.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "http/refusal.hpp"
#include "http/route_counts.hpp"

namespace postern {

/// The response in place of a refusal's problem+json to clients that prefer something else; gets
/// the refusal's code.
using RefusalPage = std::function<HttpResponse(const HttpRequest& request, std::string_view code,
                                               HttpResponse problem)>;

class Router {
 public:
  Router();

  /// `path` is exact and canonical, or ends in "/{id}", which stands for any one last segment where
  /// no exact path fits; the handler finds it in the request's path. GET also serves HEAD; OPTIONS
  /// is answered with Allow.
  void add(std::string_view method, std::string_view path, HttpHandler handler);

  /// From then on every handler that was added is what `wrap` makes of it.
  void wrap_all(const std::function<HttpHandler(HttpHandler)>& wrap);

  /// From then on refuse() asks it; without one, refusals are problem+json for all clients.
  void show_refusals(RefusalPage page) { *refusal_page_ = std::move(page); }

  /// A refusal as this client is to see it, with the headers that the response needs.
  HttpResponse refuse(const HttpRequest& request, const Refusal& refusal,
                      std::vector<HttpHeader> headers = {}) const;

  /// Never nullptr: unknown paths are answered 404 `not_found`, other methods 405 with Allow.
  const HttpHandler& find(std::string_view method, std::string_view path) const {
    return match(method, path).handler;
  }

  struct Match {
    const HttpHandler& handler;
    /// Where the response is to be counted.
    RouteCounts& counts;
  };
  /// As find().
  Match match(std::string_view method, std::string_view path) const;

  /// For requests that no route is asked about, unknown paths among them: "other".
  RouteCounts& other_counts() const { return *other_counts_; }

  /// Calls `look(method, path)` for all that was added.
  template <class Look>
  void each_route(Look look) const {
    for (const auto& [path, route] : routes_) {
      for (const auto& [method, endpoint] : route.methods) {
        look(std::string_view(method), std::string_view(path));
      }
    }
  }

  /// Calls `look(route, method, counts)` for every path and method; "other" stands for paths that
  /// no route has and for methods that a route does not have. HEAD counts as GET.
  template <class Look>
  void each_count(Look look) const {
    constexpr std::string_view kOther = "other";
    for (const auto& [path, route] : routes_) {
      for (const auto& [method, endpoint] : route.methods) {
        look(std::string_view(path), std::string_view(method), *endpoint.counts);
      }
      look(std::string_view(path), kOther, *route.wrong_method.counts);
    }
    look(kOther, kOther, *other_counts_);
  }

 private:
  using Counts = std::unique_ptr<RouteCounts>;
  struct Endpoint {
    HttpHandler handler = {};
    /// Counted into while everything else is read-only.
    Counts counts = std::make_unique<RouteCounts>();
  };
  using Methods = std::map<std::string, Endpoint, std::less<>>;
  struct Route {
    Methods methods = {};
    Endpoint wrong_method = {};
  };

  static std::string allowed(const Methods& methods);

  std::map<std::string, Route, std::less<>> routes_;
  Counts other_counts_ = std::make_unique<RouteCounts>();
  /// Shared with the handlers that refuse, which stay right when the router is moved.
  std::shared_ptr<RefusalPage> refusal_page_ = std::make_shared<RefusalPage>();
  HttpHandler not_found_;
};

}  // namespace postern
