// The picture of a job that ophost monitor draws, for any width of terminal. Pure functions; any thread.
#pragma once

#include <string>

#include "host/events/job_view.hpp"

namespace ophost {

struct ScreenStyle {
  std::size_t columns = 80;
  bool unicode = true;  // bars of blocks, else of ASCII
  bool colour = false;
  bool detailed = false;
};

// Lines that end with a line feed, none wider than style.columns.
std::string draw_job(const JobView& job, const ScreenStyle& style);

// Columns that `text` takes on a terminal: UTF-8 letters count one, colours nothing.
std::size_t columns_of(const std::string& text);

}  // namespace ophost
