// The coroutine types of this folder, over the concrete executor of the event loop.
//
// A private header: only this folder sees Asio. Errors come as values, hence the tuples.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern {

using Executor = boost::asio::io_context::executor_type;
template <class T>
using Awaitable = boost::asio::awaitable<T, Executor>;
using UseAwaitable = boost::asio::use_awaitable_t<Executor>;

inline constexpr UseAwaitable kAwaitable;
inline constexpr boost::asio::as_tuple_t<UseAwaitable> kTuple =
    boost::asio::as_tuple(UseAwaitable());

}  // namespace postern
