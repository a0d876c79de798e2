// ophost-dump from arguments to exit code. See dump.hpp.
#include "tools/ophost-dump/dump.hpp"

namespace ophost::dump {

namespace {

struct Entry {
  const char* name;
  Status (*run)(Context&);
  bool writes;
};
constexpr Entry kEntries[] = {
    {"ls", command_ls, false},         {"show", command_show, false},
    {"cat", command_cat, false},       {"verify", command_verify, false},
    {"stat", command_stat, false},     {"diff", command_diff, false},
    {"jobs", command_jobs, false},     {"gc", command_gc, true},
    {"repair", command_repair, true},  {"compact", command_compact, true},
    {"backup", command_backup, false},
};

Status execute(Context& context) {
  for (const Entry& entry : kEntries) {
    if (context.options.command != entry.name) continue;
    OPH_ASSIGN(std::string directory, find_store(context.options));
    // Also what writes must not create a store where there is none.
    StoreOptions options;
    options.read_only = true;
    OPH_ASSIGN(context.store, Store::open(directory, options));
    if (entry.writes && !context.options.dry_run) {
      context.store.reset();
      options.read_only = false;
      OPH_ASSIGN(context.store, Store::open(directory, options));
    }
    return entry.run(context);
  }
  return Status::usage("no command '" + context.options.command + "'");
}

}  // namespace

int run(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
  Context context;
  context.out = out;
  Status status;
  auto options = parse_options(arguments);
  if (!options.ok()) {
    status = options.status();
  } else if (options->version) {
    context.print("ophost-dump " OPHOST_DUMP_VERSION "\n");
  } else if (options->help) {
    context.print(help_text(options->command));
  } else {
    context.options = std::move(*options);
    status = execute(context);
  }
  if (std::fflush(out) != 0 && status.ok())
    status = Status::failed("cannot write the output: is the disk full?");
  if (!status.ok()) std::fprintf(err, "ophost-dump: %s\n", status.message().c_str());
  return status.exit_code();
}

}  // namespace ophost::dump
