// ophost completion: prints what a shell needs to complete command lines.
#include <iostream>

#include "host/base/text.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/help_page.hpp"
#include "host/cli/options.hpp"
#include "host/recipe/keys.hpp"

namespace ophost {
namespace {

constexpr char kAbout[] =
    "Prints a script with which bash, zsh or fish complete ophost's commands, options, the recipe's keys, the operators'\n"
    "names and parameters, and the values where there is a choice. It knows the operators that are found when it is printed.";
constexpr char kExamples[] =
    "  source <(ophost completion bash)                                     # in this shell\n"
    "  ophost completion bash > ~/.local/share/bash-completion/completions/ophost\n"
    "  ophost completion zsh > \"${fpath[1]}/_ophost\"\n"
    "  ophost completion fish > ~/.config/fish/completions/ophost.fish\n";

// An option as a shell is to complete it.
struct Word {
  std::string name;  // without dashes
  std::string text;  // one line
  bool takes_value = true;
  std::vector<std::string> choices;
  bool recipe_file = false;
};

struct Completed {
  std::string name, summary;
  std::vector<Word> words;
  std::vector<std::string> positional;
};

std::string first_sentence(const std::string& text) {
  std::string out = text.substr(0, text.find('\n'));
  if (std::size_t end = out.find(". "); end != std::string::npos) out.resize(end);
  if (out.size() > 90) {
    std::size_t end = out.rfind(' ', 87);
    out = out.substr(0, end) + " …";
  }
  return out;
}

// The keys that do something, and the parameters of every operator.
void add_recipe_words(const std::vector<const Operator*>& ops, std::vector<Word>& words) {
  for (const RecipeKey& key : recipe_keys())
    if (key.use == KeyUse::kUsed) words.push_back({key.name, first_sentence(key.note), true, choices_of_key(key.name), false});
  for (const Operator* op : ops) {
    auto schema = parse_json(op->schema, "the parameter schema of " + op->name);
    const JsonValue* properties = schema.ok() ? get_member(*schema, "properties") : nullptr;
    if (!properties || !properties->IsObject()) continue;
    for (const auto& p : properties->GetObject()) {
      Word word{op->name + "." + p.name.GetString(), first_sentence(get_string(p.value, "description")), true, {}, false};
      if (get_string(p.value, "type") == "boolean") word.choices = {"true", "false"};
      if (const JsonValue* choices = get_member(p.value, "enum"); choices && choices->IsArray())
        for (const auto& c : choices->GetArray())
          if (c.IsString()) word.choices.emplace_back(c.GetString(), c.GetStringLength());
      words.push_back(std::move(word));
    }
  }
}

Result<std::vector<Completed>> everything() {
  PluginSearch search;
  search.install_folder = install_plugin_folder();
  OPH_ASSIGN(auto registry, Registry::load(search));
  std::vector<const Operator*> ops;
  for (const std::string& name : registry->names()) ops.push_back(registry->find(name));
  std::vector<Completed> out;
  for (const Command& command : commands()) {
    OPH_ASSIGN(HelpPage page, help_page(command));
    Completed c{command.name, command.summary, {}, {}};
    for (const HelpOption& o : page.options)
      c.words.push_back({o.name, first_sentence(o.text), !o.value.empty(), o.choices, o.name == "config"});
    if (page.recipe) add_recipe_words(ops, c.words);
    if (c.name == "ops")
      for (const Operator* op : ops) c.positional.push_back(op->name);
    if (c.name == "plugins") c.positional = {"lock"};
    if (c.name == "completion") c.positional = {"bash", "zsh", "fish"};
    if (c.name == "man")
      for (const Command& other : commands()) c.positional.push_back(other.name);
    out.push_back(std::move(c));
  }
  return out;
}

// In single quotes, for all three shells.
std::string quoted(const std::string& s, bool fish = false) {
  std::string out = "'";
  for (char c : s) {
    if (c == '\'') out += fish ? "\\'" : "'\\''";
    else if (c == '\\' && fish) out += "\\\\";
    else out += c;
  }
  return out + "'";
}

std::string names(const std::vector<Completed>& all) {
  std::vector<std::string> out;
  for (const Completed& c : all) out.push_back(c.name);
  return join(out, " ");
}

std::string bash_script(const std::vector<Completed>& all) {
  std::string out =
      "# Completion of ophost for bash. Printed by: ophost completion bash\n"
      "_ophost() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev= cmd= options= words=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -le 1 ]; then\n"
      "    COMPREPLY=($(compgen -W " + quoted(names(all) + " --help --version") + " -- \"$cur\"))\n"
      "    return\n"
      "  fi\n"
      "  cmd=${COMP_WORDS[1]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  # --option=value: bash makes three words of it\n"
      "  if [ \"$cur\" = = ]; then cur=\n"
      "  elif [ \"$prev\" = = ] && [ \"$COMP_CWORD\" -ge 3 ]; then prev=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  fi\n"
      "  case \"$cmd $prev\" in\n";
  for (const Completed& c : all)
    for (const Word& w : c.words) {
      if (!w.takes_value) continue;
      const std::string pattern = "    " + quoted(c.name + " --" + w.name) + ") ";
      if (!w.choices.empty()) out += pattern + "words=" + quoted(join(w.choices, " ")) + " ;;\n";
      else if (w.recipe_file) out += pattern + "COMPREPLY=($(compgen -f -X '!*.@(yaml|yml|json)' -- \"$cur\") $(compgen -d -- \"$cur\")); return ;;\n";
    }
  std::string with_value;
  for (const Completed& c : all)
    for (const Word& w : c.words)
      if (w.takes_value && w.choices.empty() && !w.recipe_file) with_value += (with_value.empty() ? "" : "|") + quoted(c.name + " --" + w.name);
  if (!with_value.empty()) out += "    " + with_value + ") return ;;  # files\n";
  out +=
      "  esac\n"
      "  if [ -n \"$words\" ]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$cmd\" in\n";
  for (const Completed& c : all) {
    std::vector<std::string> options;
    for (const Word& w : c.words) options.push_back("--" + w.name);
    out += "    " + c.name + ") options=" + quoted(join(options, " ")) + " words=" + quoted(join(c.positional, " ")) + " ;;\n";
  }
  out +=
      "  esac\n"
      "  case \"$cur\" in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
      "    *) [ -z \"$words\" ] || COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
      "  esac\n"
      "}\n"
      "shopt -s extglob\n"
      "complete -o default -F _ophost ophost\n";
  return out;
}

std::string zsh_script(const std::vector<Completed>& all) {
  auto described = [](const std::string& name, const std::string& text) {
    std::string colons;
    for (char c : name) colons += c == ':' ? std::string("\\:") : std::string(1, c);
    return quoted(colons + (text.empty() ? "" : ":" + text));
  };
  std::string out =
      "#compdef ophost\n"
      "# Completion of ophost for zsh. Printed by: ophost completion zsh\n"
      "_ophost() {\n"
      "  local cmd=${words[2]} prev=${words[CURRENT-1]}\n"
      "  local -a found\n"
      "  if (( CURRENT == 2 )); then\n"
      "    found=(\n";
  for (const Completed& c : all) out += "      " + described(c.name, c.summary) + "\n";
  out +=
      "    )\n"
      "    _describe command found\n"
      "    return\n"
      "  fi\n"
      "  case \"$cmd $prev\" in\n";
  for (const Completed& c : all)
    for (const Word& w : c.words) {
      if (!w.takes_value) continue;
      out += "    (" + quoted(c.name + " --" + w.name) + ") ";
      if (!w.choices.empty()) {
        std::vector<std::string> choices;
        for (const std::string& choice : w.choices) choices.push_back(quoted(choice));
        out += "compadd -- " + join(choices, " ") + "; return";
      } else {
        out += w.recipe_file ? "_files -g '*.(yaml|yml|json)'; return" : "_files; return";
      }
      out += " ;;\n";
    }
  out += "  esac\n  case \"$cmd\" in\n";
  for (const Completed& c : all) {
    out += "    (" + c.name + ")\n      if [[ $PREFIX == -* ]]; then\n        found=(\n";
    for (const Word& w : c.words) out += "          " + described("--" + w.name, w.text) + "\n";
    out += "        )\n        _describe option found\n      else\n";
    if (c.positional.empty()) {
      out += "        _files\n";
    } else {
      std::vector<std::string> words;
      for (const std::string& p : c.positional) words.push_back(quoted(p));
      out += "        compadd -- " + join(words, " ") + "\n";
    }
    out += "      fi ;;\n";
  }
  out +=
      "  esac\n"
      "}\n"
      "if [ \"$funcstack[1]\" = _ophost ]; then _ophost \"$@\"; else compdef _ophost ophost; fi\n";
  return out;
}

std::string fish_script(const std::vector<Completed>& all) {
  std::string out = "# Completion of ophost for fish. Printed by: ophost completion fish\ncomplete -c ophost -e\n";
  for (const Completed& c : all)
    out += "complete -c ophost -n __fish_use_subcommand -x -a " + c.name + " -d " + quoted(c.summary, true) + "\n";
  for (const Completed& c : all) {
    const std::string head = "complete -c ophost -n '__fish_seen_subcommand_from " + c.name + "'";
    if (!c.positional.empty()) out += head + " -x -a " + quoted(join(c.positional, " "), true) + "\n";
    for (const Word& w : c.words) {
      out += head + " -l " + quoted(w.name, true);
      if (!w.choices.empty()) out += " -x -a " + quoted(join(w.choices, " "), true);
      else if (w.takes_value) out += " -r";
      if (!w.text.empty()) out += " -d " + quoted(w.text, true);
      out += "\n";
    }
  }
  return out;
}

}  // namespace

int command_completion(const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("help", "show this help");
  auto parsed = parse_options(args, options, false);
  if (!parsed.ok()) return report(parsed.status());
  if (parsed->help) return print_help("ophost completion bash|zsh|fish", kAbout, options, kExamples);
  const std::vector<std::string> shells = {"bash", "zsh", "fish"};
  if (parsed->positional.size() != 1) return report(Status::usage("name one shell: ophost completion bash, zsh or fish."));
  const std::string& shell = parsed->positional.front();
  auto all = everything();
  if (!all.ok()) return report(all.status());
  if (shell == "bash") std::cout << bash_script(*all);
  else if (shell == "zsh") std::cout << zsh_script(*all);
  else if (shell == "fish") std::cout << fish_script(*all);
  else return report(Status::usage("there is no completion for '" + shell + "', only for bash, zsh and fish." + did_you_mean(shell, shells)));
  return 0;
}

}  // namespace ophost
