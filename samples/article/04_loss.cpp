// article/04_loss: how wrong is a prediction?
//
// You learn what training makes small. Beside each sample stands its ground truth y, what the
// network should have said; the loss turns the difference between y and the prediction a into one
// number, 0 if there is none. Two losses are in use everywhere: the squared error, and the
// cross-entropy, which punishes certainty in what is wrong. The loss of a network is the mean over
// its samples, and depends on the parameters only: a landscape.
//
// Run:     samples/run article/04_loss    (all ten, as a page: samples/run article)
// Prints:  both losses of one sample, beside their formulas; of four samples, and their means.
// Next:    05_nudges, what a parameter does to the loss
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "chapter.hpp"
#include "loss_pictures.hpp"

using namespace tapegrad;

struct Sample {
  std::array<double, 2> x;
  std::array<double, 2> y;
};

/// Ours, and three in which the second output is to say whether x1 < x2, the first the contrary.
constexpr std::array samples = {Sample{chapter::x, chapter::y}, Sample{{-0.5, 1}, {0, 1}},
                                Sample{{0.5, 0.25}, {1, 0}}, Sample{{-1, -0.25}, {0, 1}}};

struct Losses {
  double squared_error = 0;
  double cross_entropy = 0;
};

/// Both losses of a sample, recorded: the sums over the outputs. Cross-entropy is computed from the
/// pre-activations, which loses no digits where a is next to 0 or 1.
Losses losses(MLP net, const Sample& sample) {
  Tape tape;
  const std::vector<Value> a = net(tape.variables(sample.x));
  Value cross_entropy;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const Node pa = tape.find(fmt::format("L2.n{}.pa", k + 1)).value();
    cross_entropy = cross_entropy + binary_cross_entropy(tape.value(pa.index()), sample.y[k]);
  }
  return {squared_error(a, sample.y).value(), cross_entropy.value()};
}

/// What training makes small: the squared error, as the mean over the samples.
double mean_loss(const MLP& net) {
  double sum = 0;
  for (const Sample& sample : samples) sum += squared_error(net(sample.x), sample.y);
  return sum / samples.size();
}

/// One sample's losses: recorded, and by their formulas.
void print_one_sample(const MLP& net, const Sample& sample) {
  const std::vector<double> a = net(sample.x);
  fmt::print("output  truth y  prediction a      a - y  (a - y)²  cross-entropy\n");
  double squares = 0, entropies = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double error = a[k] - sample.y[k];
    const double entropy = -sample.y[k] * std::log(a[k]) - (1 - sample.y[k]) * std::log(1 - a[k]);
    squares += error * error;
    entropies += entropy;
    fmt::print("{:6}  {:7}  {:12.6f}  {:9.6f}  {:8.6f}  {:13.6f}\n", k + 1, sample.y[k], a[k],
               error, error * error, entropy);
  }
  const Losses recorded = losses(net, sample);
  fmt::print("sum     {:32}  {:8.6f}  {:13.6f}\n", "", squares, entropies);
  fmt::print("recorded by the library {:16}  {:8.6f}  {:13.6f}\n", "", recorded.squared_error,
             recorded.cross_entropy);
}

void print_all_samples(const MLP& net) {
  fmt::print("      x1     x2  truth y  prediction a        squared error  cross-entropy\n");
  Losses mean;
  for (const Sample& sample : samples) {
    const std::vector<double> a = net(sample.x);
    const Losses loss = losses(net, sample);
    mean.squared_error += loss.squared_error / samples.size();
    mean.cross_entropy += loss.cross_entropy / samples.size();
    fmt::print("{:8}{:7}  {:<7}  {:.6f}, {:.6f}  {:14.6f}  {:13.6f}\n", sample.x[0], sample.x[1],
               fmt::format("{}, {}", sample.y[0], sample.y[1]), a[0], a[1], loss.squared_error,
               loss.cross_entropy);
  }
  fmt::print("    mean {:51.6f}  {:13.6f}\n", mean.squared_error, mean.cross_entropy);
}

void tell() {
  const MLP net = chapter::network();
  const Sample& sample = samples[0];
  fmt::print(
      "4. The loss\n\n"
      "For the sample x = ({}) the ground truth is y = ({}): what should have come out.\n"
      "How far off is the prediction a? Two answers:\n\n"
      "  squared error  (a - y)²\n"
      "  cross-entropy  -y·ln a - (1 - y)·ln(1 - a)\n\n"
      "Both are summed up over all outputs. Cross-entropy is -ln of the share that the prediction\n"
      "gives to the right answer: that share is a where y is 1, and 1 - a where y is 0.\n\n",
      fmt::join(sample.x, ", "), fmt::join(sample.y, ", "));
  print_one_sample(net, sample);
  const std::vector<double> a = net(sample.x);
  chapter::picture("04_losses", "What a prediction costs, by both losses",
                   [&](const auto& svg, Theme theme) {
                     return draw({chapter::losses_over_prediction(sample.y[0], a[0]),
                                  chapter::losses_over_prediction(sample.y[1], a[1])},
                                 svg, {.width = 1000, .theme = theme});
                   });
  fmt::print(
      "The squared error never exceeds 1, however sure the network is of what is wrong. There\n"
      "cross-entropy grows without limit, and ever steeper: the surer, the dearer.\n\n"
      "One sample says little. The loss of the network is the mean over many; here over ours and\n"
      "three more, in which the greater of x1 and x2 is the one that is asked for:\n\n");
  print_all_samples(net);
  fmt::print(
      "\nThe samples do not change while the network learns; its parameters do. So the loss is a\n"
      "function of the parameters, of all {}. Two of them make a landscape to look at, here of\n"
      "the squared error:\n",
      net.parameters().size());
  const Surface surface = chapter::landscape(net, mean_loss);
  chapter::picture(
      "04_landscape", "The loss over a weight of the first layer and one of the second",
      [&](const auto& svg, Theme theme) { return draw(surface, svg, {.theme = theme}); });
  const auto [low, high] = std::ranges::minmax_element(surface.grid.z);
  fmt::print(
      "In this picture the loss is {:.6g} where we stand, {:.6g} in the deepest valley, and\n"
      "{:.6g} on the highest plateau. Which way is down?\n",
      mean_loss(net), *low, *high);
}

int main() { return run_sample("04_loss", tell); }
