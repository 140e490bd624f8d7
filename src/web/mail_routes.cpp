// POST /register and POST /recover-password: an address comes in, a letter may go out.
//
// The answer is the same for every well-formed address: whatever happens to it happens later, and
// is seen in the mailbox alone.
#include "web/answers.hpp"
#include "web/mail_form.hpp"
#include "web/negotiation.hpp"
#include "web/origin_check.hpp"
#include "web/site.hpp"

namespace postern::web {
namespace {

struct MailRoute {
  std::string_view path;
  PageKind form;
  RequestAction action;
};

constexpr MailRoute kRegister{"/register", page::kRegister, RequestAction::kRegister};
constexpr MailRoute kRecover{"/recover-password", page::kRecover, RequestAction::kRecoverPassword};

/// A request as it was read, so far as it could be.
struct Submission {
  Visit visit;
  /// As typed; only kept where the form is shown again.
  std::string typed_email;
  bool html = false;
};

http::Response sent_page(const Site& site, const MailRoute& route, const Visit& visit) {
  PageData data;
  data.set("again", std::string(route.path) + link_query(visit));
  return site.pages.render(202, page::kSent, visit, std::move(data));
}

http::Response refuse_submission(const Site& site, const MailRoute& route,
                                 const Submission& submission, const Error& error) {
  if (!submission.html) return refuse(error);
  const bool form_again = error.code == "invalid_email" || error.retry == Retry::kLater;
  if (!form_again) return error_page(site, submission.visit, error);
  Visit visit = submission.visit;
  visit.path = route.path;
  return mail_form(site, route.form, visit, {status_of(error), submission.typed_email, &error});
}

/// Reads and checks everything; what it finds on the way stands in `submission`.
Result<MailRequest> read_mail_request(const Site& site, const http::Request& request,
                                      Submission& submission) {
  if (const auto origin = check_origin(request, site.services.settings); !origin) {
    return origin.error();
  }
  const auto fields = read_fields(request);
  if (!fields) return fields.error();
  auto visit = read_visit(site, request, *fields);
  if (!visit) return visit.error();
  submission.visit = *std::move(visit);
  const auto typed = fields->required("email");
  if (!typed) return typed.error();
  if (submission.html) submission.typed_email = *typed;
  auto email = parse_email(*typed);
  if (!email) return email.error();
  return MailRequest{*std::move(email), submission.visit.locale, submission.visit.return_to,
                     context_of(request)};
}

void handle(const SitePtr& site, const MailRoute& route, const http::Request& request,
            http::Respond respond) {
  Submission submission;
  submission.html = wants_html(request);
  if (submission.html) submission.visit.locale = choose_locale(request, std::nullopt);
  auto mail_request = read_mail_request(*site, request, submission);
  if (!mail_request) {
    return respond(refuse_submission(*site, route, submission, mail_request.error()));
  }
  if (!submission.html) {
    return site->services.requests.submit(route.action, *std::move(mail_request),
                                          [respond = std::move(respond)](Status status) {
                                            respond(status ? accepted() : refuse(status.error()));
                                          });
  }
  site->services.requests.submit(
      route.action, *std::move(mail_request),
      [site, &route, submission = std::move(submission),
       respond = std::move(respond)](Status status) {
        respond(status ? sent_page(*site, route, submission.visit)
                       : refuse_submission(*site, route, submission, status.error()));
      });
}

}  // namespace

void add_mail_routes(http::Router& router, const SitePtr& site) {
  for (const MailRoute* route : {&kRegister, &kRecover}) {
    router.add("POST", route->path,
               [site, route](const http::Request& request, http::Respond respond) {
                 handle(site, *route, request, std::move(respond));
               });
  }
}

}  // namespace postern::web
