// What a supervisor and its worker say to each other: frames of a length and a JSON text over a socket pair, and the forms
// that plans and orders have in them. Both ends are of one build: nothing here is a format to keep.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/plan/plan.hpp"
#include "host/run/careful.hpp"

namespace ophost {

// One end of the socket. send() may be called from many threads, the rest from one.
class Channel {
 public:
  explicit Channel(Fd socket) : socket_(std::move(socket)) {}
  int fd() const { return socket_.get(); }
  // False when the other end is gone.
  bool send(std::string_view json);
  // Takes what has arrived, waiting up to `timeout_ms` (-1: for ever) for something. False when the other end is gone.
  bool receive(int timeout_ms);
  // The next whole frame of what has been received.
  std::optional<std::string> next();

 private:
  Fd socket_;
  std::mutex sending_;
  std::string in_;
  std::size_t at_ = 0;
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

std::string to_json(const TaskOrders& orders);
TaskOrders orders_from(const JsonValue* json);

std::string to_json(const Status& status);
Status status_from(const JsonValue& json);

}  // namespace ophost
