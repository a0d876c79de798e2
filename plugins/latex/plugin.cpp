// The plugin org.ophost.latex: its operators, each in a file of its own.
#include "ophost/ophost.hpp"

namespace ophost {
OPHOST_DECLARE_OPERATOR(latex_figure_context_extractor_mapper);
OPHOST_DECLARE_OPERATOR(latex_merge_tex_mapper);
}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.latex", OPHOST_VERSION,
                 &ophost::ophost_operator_latex_figure_context_extractor_mapper,
                 &ophost::ophost_operator_latex_merge_tex_mapper);
