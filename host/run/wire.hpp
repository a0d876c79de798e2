// What a supervisor and its worker say to each other: frames of a length and a JSON text over a socket pair, and the forms
// that plans and orders have in them. Both ends are of one build: nothing here is a format to keep.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/plan/plan.hpp"
#include "host/run/careful.hpp"
#include "host/store/remote_store.hpp"

namespace ophost {

// One end of the socket. send() may be called from many threads, the rest from one.
class Channel {
 public:
  explicit Channel(Fd socket) : socket_(std::move(socket)) {}
  int fd() const { return socket_.get(); }
  // False when the other end is gone. `file`: a descriptor to go with it; stays the caller's.
  bool send(std::string_view json, int file = -1);
  // Takes what has arrived, waiting up to `timeout_ms` (-1: for ever) for something. False when the other end is gone.
  bool receive(int timeout_ms);
  // The next whole frame of what has been received.
  std::optional<Parcel> next();

 private:
  Fd socket_;
  std::mutex sending_;
  std::string in_;
  std::size_t at_ = 0;
  std::deque<Fd> files_;  // received, in the order of the frames that they go with
};

std::string to_json(const OpFacts& facts);
OpFacts facts_from(const JsonValue& json);

std::string to_json(const std::vector<InputFile>& files);
std::vector<InputFile> files_from(const JsonValue* json);
std::string to_json(const std::vector<PartitionPlan>& partitions);  // what the input is, not what is in the store
std::vector<InputPartition> partitions_from(const JsonValue* json);

// What of the store a pass task of this partition starts from.
std::string start_json(const Plan& plan, std::size_t pass, std::size_t partition);
void take_start(const JsonValue& json, Plan& plan, std::size_t pass, std::size_t partition);
// The same of all partitions: for the boundary behind the pass.
std::string starts_json(const Plan& plan, std::size_t pass);
void take_starts(const JsonValue* json, Plan& plan, std::size_t pass);

std::string to_json(const TaskOrders& orders);
TaskOrders orders_from(const JsonValue* json);

}  // namespace ophost
