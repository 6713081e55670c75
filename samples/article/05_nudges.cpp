// article/05_nudges: what does a parameter do to the loss?
//
// You learn what a partial derivative is: the effect of a nudge. Move one parameter by a little h,
// leave all others alone, and see by how much the loss moves. Effect divided by nudge, for h next
// to 0, is the derivative of the loss by that parameter. We nudge all 17, and put the derivatives
// beside that come out of one sweep of the tape; then we see why nudges are for checking only.
//
// Run:     samples/run article/05_nudges    (all ten, as a page: samples/run article)
// Prints:  for each parameter the effect of a nudge and the derivative; how far both are apart for
//          smaller and smaller nudges.
// Next:    06_compass, what all derivatives together say
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "chapter.hpp"
#include "nudge_pictures.hpp"

using namespace tapegrad;

/// The loss of the sample if parameter k is moved by h.
double nudged_loss(MLP net, std::size_t k, double h) {
  net.parameters()[k] += h;
  return squared_error(net(chapter::x), chapter::y);
}

/// The loss and its derivatives by all parameters, from one sweep of the tape.
struct Derivatives {
  double loss;
  std::vector<std::string> names;  // of the parameters
  std::vector<double> first;       // ∂L/∂w
  std::vector<double> second;      // ∂²L/∂w²: how the slope itself changes
};

Derivatives derivatives(const MLP& net) {
  Tape tape;
  const std::vector<Value> w = net.variables(tape);
  const Value loss = squared_error(net.forward(w, chapter::x), chapter::y);
  tape.backward(loss);
  const Matrix bends = hessian(loss, w);
  Derivatives result{.loss = loss.value(), .names = {}, .first = {}, .second = {}};
  for (std::size_t k = 0; k < w.size(); ++k) {
    result.names.push_back(tape.name(w[k]));
    result.first.push_back(w[k].grad());
    result.second.push_back(bends(k, k));
  }
  return result;
}

void print_nudges(const MLP& net, const Derivatives& known, double h) {
  fmt::print("parameter      w         effect   effect / h      ∂L/∂w   difference\n");
  for (std::size_t k = 0; k < known.names.size(); ++k) {
    const double effect = nudged_loss(net, k, h) - known.loss;
    fmt::print("{:9}  {:5.6g}  {:13.6g}  {:11.6f}  {:9.6f}  {:11.1e}\n", known.names[k],
               net.parameters()[k], effect, effect / h, known.first[k],
               effect / h - known.first[k]);
  }
}

/// How far the nudge's answer is from the derivative, and what to expect.
chapter::NudgeErrors errors(const MLP& net, const Derivatives& known, std::size_t k, double h) {
  const double up = nudged_loss(net, k, h), down = nudged_loss(net, k, -h);
  const double one_way = (up - known.loss) / h, both_ways = (up - down) / (2 * h);
  return {.one_way = std::abs(one_way - known.first[k]),
          .both_ways = std::abs(both_ways - known.first[k]),
          .bend = std::abs(h / 2 * known.second[k]),
          .rounding = std::numeric_limits<double>::epsilon() / 2 * known.loss / h};
}

void print_errors(const MLP& net, const Derivatives& known, std::size_t k) {
  fmt::print(
      "         error of a nudge        to be expected\n"
      "    h    one way  both ways       bend  rounding\n");
  for (int digits = 1; digits <= 13; ++digits) {
    const double h = std::pow(10, -digits);
    const chapter::NudgeErrors e = errors(net, known, k, h);
    fmt::print("{:.0e}  {:9.1e}  {:9.1e}  {:9.1e} {:9.1e}\n", h, e.one_way, e.both_ways, e.bend,
               e.rounding);
  }
}

void tell() {
  const MLP net = chapter::network();
  const Derivatives known = derivatives(net);
  const std::vector<double>& slopes = known.first;
  const auto index = [&](auto it) { return static_cast<std::size_t>(it - slopes.begin()); };
  const std::size_t up = index(std::ranges::max_element(slopes));
  const std::size_t down = index(std::ranges::min_element(slopes));
  const std::size_t flat =
      index(std::ranges::min_element(slopes, {}, [](double x) { return std::abs(x); }));
  const double h = 1e-3;
  const auto tangent = [&](std::size_t k) {
    const double w = net.parameters()[k];
    const auto loss = [&, w, k](double x) { return nudged_loss(net, k, x - w); };
    return chapter::tangent_plot({known.names[k], w, slopes[k]}, loss);
  };

  // Where all slopes have one sign, there are but two: nothing rises, or nothing falls.
  std::vector<std::string> says;
  std::vector<Plot> tangents;
  const auto point_out = [&](const char* what, std::size_t k) {
    says.push_back(fmt::format("{} {}", what, known.names[k]));
    tangents.push_back(tangent(k));
  };
  if (slopes[up] > 0) point_out("rises most with", up);
  if (slopes[down] < 0) point_out("falls most with", down);
  point_out(says.empty() ? "hardly feels" : "and hardly feels", flat);

  fmt::print(
      "5. Nudges\n\n"
      "The loss of our sample is L = {:.6g}. What does one parameter w do to it? We nudge w by\n"
      "h = {}, run the network again, and see the effect L(w + h) - L(w). Effect divided by\n"
      "nudge is about the partial derivative ∂L/∂w, partial as all other parameters stay as they\n"
      "are. All {} together are the gradient. The tape has it from one sweep: a walk over its\n"
      "nodes, from the last to the first.\n\n",
      known.loss, h, slopes.size());
  print_nudges(net, known, h);
  fmt::print(
      "\nA positive derivative: a larger w makes the loss larger, so w should become smaller. A\n"
      "negative one: the contrary. Its size says how much w matters, here and now. Over w alone\n"
      "the loss is a curve, and the derivative is the slope of its tangent. Our loss\n"
      "{}:\n",
      fmt::join(says, ", "));
  chapter::picture("05_tangents", "The loss over these parameters; mind the scales",
                   [&](const auto& svg, Theme theme) {
                     return draw(tangents, svg, {.width = 400 * tangents.size(), .theme = theme});
                   });
  fmt::print(
      "Why not train by nudges? They cost a run of the network for each parameter; one sweep, at\n"
      "the price of a few runs, has all. And they are never quite right. To be expected is an\n"
      "error of h/2·|∂²L/∂w²|, as the loss bends, and one of L·2⁻⁵³/h, as both losses are\n"
      "rounded. For {}:\n\n",
      known.names[up]);
  print_errors(net, known, up);
  chapter::picture("05_errors", "A nudge's error: bend on the right, rounding on the left",
                   [&](const auto& svg, Theme theme) {
                     const auto errors_up = [&](double nudge) {
                       return errors(net, known, up, nudge);
                     };
                     return draw(chapter::error_plot(errors_up), svg, {.theme = theme});
                   });
  fmt::print(
      "A large nudge sees the loss bend: half the nudge, half the error (of a nudge both ways, a\n"
      "quarter). A small one sees the two losses agree in nearly all of their digits, and their\n"
      "difference is rounding: half the nudge, twice the error. No h is good for all. So nudges\n"
      "are the second witness, and the tape the first, exact but for the last digits.\n");
}

int main() { return run_sample("05_nudges", tell); }
