// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Every operator that can be trained through, as networks for a check of gradients. Each stands
/// between two convolutions, so that its own gradient and the one that it hands on are both seen.
/// Area: tests/exec. Shared by the devices: a check is called with one network after the other.

#include <slimming/model/model.hpp>  // model

#include "tests/exec/small_net.hpp"  // small_net
#include "tests/support/catch.hpp"   // INFO

#include <cstdint>     // std::uint64_t
#include <functional>  // std::function
#include <limits>      // std::numeric_limits
#include <string>      // std::string
#include <utility>     // std::pair
#include <vector>      // std::vector

namespace test_support::gradient_cases {

namespace sl = slimming;
using list = std::vector<sl::index_t>;
using value = sl::value_id;
using piece = std::function<value(small_net&, value)>;

// conv - piece - conv on maps of 7x6 (odd on purpose), 5 channels.
inline sl::model around(const piece& p, sl::shape in = {2, 3, 7, 6}) {
  small_net b;
  const value x = p(b, b.conv(b.input(in), 5, 1));
  if (b.extents(x).size() == 2) return b.finish({b.linear(x, 3)});
  return b.finish({b.conv(x, 4, 1)});
}

inline value conv_with(small_net& b, value x, sl::index_t out, list kernel, list stride, list pads,
                       list dilation, sl::index_t groups, bool bias) {
  const sl::shape e = b.extents(x);
  std::vector<value> inputs{x, b.parameter("w", {out, e[1] / groups, kernel[0], kernel[1]})};
  if (bias) inputs.push_back(b.parameter("b", {out}));
  const auto size = [&](std::size_t axis) {
    return (e[axis + 2] + pads[axis] + pads[axis + 2] - dilation[axis] * (kernel[axis] - 1) - 1) /
               stride[axis] +
           1;
  };
  return b.node("Conv", inputs, {e[0], out, size(0), size(1)},
                {{"kernel_shape", kernel},
                 {"strides", stride},
                 {"pads", pads},
                 {"dilations", dilation},
                 {"group", groups}});
}

template <class Check>
void convolutions_of_any_shape(const Check& check_gradients) {
  struct shape_of_conv {
    sl::index_t out;
    list kernel, stride, pads, dilation;
    sl::index_t groups;
    bool bias;
  };
  const std::vector<shape_of_conv> shapes{
      {6, {1, 1}, {1, 1}, {0, 0, 0, 0}, {1, 1}, 1, true},
      {3, {2, 2}, {1, 1}, {0, 0, 1, 1}, {1, 1}, 1, false},
      {33, {3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, 1, true},
      {7, {3, 3}, {2, 2}, {1, 1, 1, 1}, {1, 1}, 1, false},
      {4, {3, 3}, {1, 1}, {2, 2, 2, 2}, {2, 2}, 1, false},
      {4, {5, 3}, {2, 1}, {2, 1, 0, 3}, {1, 1}, 1, true},
      {2, {7, 7}, {2, 2}, {3, 3, 3, 3}, {1, 1}, 1, false},
      {10, {3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, 5, true},
      {5, {3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, 5, true},
      {5, {3, 3}, {2, 2}, {1, 1, 1, 1}, {1, 1}, 5, false},
      {1, {3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, 1, false},
  };
  for (const auto& s : shapes) {
    INFO("kernel " << s.kernel[0] << " stride " << s.stride[0] << " groups " << s.groups);
    check_gradients(around([&](small_net& b, value x) {
      return conv_with(b, x, s.out, s.kernel, s.stride, s.pads, s.dilation, s.groups, s.bias);
    }));
  }
}

template <class Check>
void convolutions_on_maps_of_any_size(const Check& check_gradients) {
  for (const sl::index_t size : {1, 2, 3, 4, 8, 13, 16}) {
    INFO("map " << size);
    check_gradients(around([](small_net& b, value x) { return b.conv(x, 16, 3); },
                           {size > 8 ? 1 : 3, 3, size, size}));
  }
}

template <class Check>
void strides_beyond_the_map(const Check& check_gradients) {
  for (const sl::index_t size : {1, 2})
    for (const sl::index_t kernel : {1, 3}) {
      INFO("map " << size << " kernel " << kernel);
      check_gradients(around([&](small_net& b, value x) { return b.conv(x, 16, kernel, 3); },
                             {2, 3, size, size}));
    }
}

template <class Check>
void linear_layers(const Check& check_gradients) {
  check_gradients(around([](small_net& b, value x) { return b.linear(b.global_pool(x), 7); }));
  check_gradients(around([](small_net& b, value x) {
    return b.linear(b.node("Flatten", {x}, {2, 5 * 7 * 6}, {{"axis", sl::index_t{1}}}), 7);
  }));
  check_gradients(around([](small_net& b, value x) {
    return b.node("Gemm", {b.global_pool(x), b.parameter("w", {5, 7}), b.parameter("b", {7})},
                  {2, 7});
  }));
  check_gradients(around([](small_net& b, value x) {
    return b.node("MatMul", {b.global_pool(x), b.parameter("w", {5, 7})}, {2, 7});
  }));
}

template <class Check>
void normalisations(const Check& check_gradients) {
  const std::vector<std::pair<std::string, piece>> pieces{
      {"alone", [](small_net& b, value x) { return b.norm(x); }},
      {"relu", [](small_net& b, value x) { return b.relu(b.norm(x)); }},
      {"behind a convolution", [](small_net& b, value x) { return b.norm(b.conv(x, 6, 3)); }},
      {"on features", [](small_net& b, value x) { return b.relu(b.norm(b.global_pool(x))); }},
      {"with an addend", [](small_net& b, value x) { return b.add(b.norm(b.conv(x, 5, 3)), x); }},
      {"with an addend and relu",
       [](small_net& b, value x) { return b.relu(b.add(x, b.norm(b.conv(x, 5, 3)))); }},
      {"with a relu before the addend",
       [](small_net& b, value x) { return b.relu(b.add(b.relu(b.norm(b.conv(x, 5, 3))), x)); }},
      {"of the residual stream",
       [](small_net& b, value x) { return b.add(b.conv(b.relu(b.norm(x)), 5, 3), x); }},
      {"of a dense block",
       [](small_net& b, value x) {
         for (sl::index_t channels = 8; channels <= 14; channels += 3)
           x = b.node("Concat", {x, b.conv(b.relu(b.norm(x)), 3, 3)}, {2, channels, 7, 6},
                      {{"axis", sl::index_t{1}}});
         return b.relu(b.norm(x));
       }},
      {"of a dense block of selections",
       [](small_net& b, value x) {
         for (sl::index_t channels = 8; channels <= 14; channels += 3) {
           const value some = b.node("ChannelSelect", {b.norm(x), b.integers({1, channels - 4})},
                                     {2, 2, 7, 6}, {}, "slimming");
           x = b.node("Concat", {x, b.conv(b.relu(some), 3, 3)}, {2, channels, 7, 6},
                      {{"axis", sl::index_t{1}}});
         }
         return b.relu(b.norm(x));
       }},
      {"of a selection of the residual stream",
       [](small_net& b, value x) {
         const value some =
             b.node("ChannelSelect", {b.norm(x), b.integers({4, 1})}, {2, 2, 7, 6}, {}, "slimming");
         return b.add(b.conv(b.relu(some), 5, 3), x);
       }},
      {"of a selection",
       [](small_net& b, value x) {
         const value wide = b.norm(x);
         return b.relu(
             b.node("ChannelSelect", {wide, b.integers({0, 2, 4})}, {2, 3, 7, 6}, {}, "slimming"));
       }},
  };
  for (const auto& [name, p] : pieces) {
    INFO(name);
    check_gradients(around(p, {name == "on features" ? 6 : 2, 3, 7, 6}));
  }
  check_gradients(
      around([](small_net& b, value x) { return b.max_pool(b.relu(b.norm(x))); }, {2, 3, 8, 6}));
}

template <class Check>
void activations(const Check& check_gradients) {
  const std::vector<std::pair<std::string, small_net::attributes>> functions{
      {"Relu", {}},
      {"LeakyRelu", {{"alpha", 0.2}}},
      {"Sigmoid", {}},
      {"Tanh", {}},
      {"HardSigmoid", {}},
      {"HardSwish", {}},
      {"Elu", {{"alpha", 0.7}}},
  };
  for (const auto& [op, attributes] : functions) {
    INFO(op);
    check_gradients(
        around([&](small_net& b, value x) { return b.node(op, {x}, b.extents(x), attributes); }));
  }
  check_gradients(around([](small_net& b, value x) {
    return b.node("Clip",
                  {x, b.parameter("low", {}, -0.3, -0.3), b.parameter("high", {}, 0.6, 0.6)},
                  b.extents(x));
  }));
}

template <class Check>
void poolings(const Check& check_gradients) {
  const auto pool = [](std::string op, list kernel, list stride, list pads, bool ceil,
                       bool count_pad, sl::index_t h, sl::index_t w) {
    return [=](small_net& b, value x) {
      small_net::attributes a{{"kernel_shape", kernel}, {"strides", stride}, {"pads", pads}};
      if (ceil) a["ceil_mode"] = sl::index_t{1};
      if (count_pad) a["count_include_pad"] = sl::index_t{1};
      return b.node(op, {x}, {2, 5, h, w}, a);
    };
  };
  check_gradients(around(pool("MaxPool", {2, 2}, {2, 2}, {0, 0, 0, 0}, false, false, 3, 3)));
  check_gradients(around(pool("MaxPool", {3, 3}, {2, 2}, {1, 1, 1, 1}, false, false, 4, 3)));
  check_gradients(around(pool("MaxPool", {2, 2}, {2, 2}, {0, 0, 0, 0}, true, false, 4, 3)));
  check_gradients(around(pool("AveragePool", {3, 2}, {2, 2}, {0, 0, 0, 0}, false, false, 3, 3)));
  check_gradients(around(pool("AveragePool", {3, 3}, {1, 1}, {1, 1, 1, 1}, false, false, 7, 6)));
  check_gradients(around(pool("AveragePool", {3, 3}, {1, 1}, {1, 1, 1, 1}, false, true, 7, 6)));
  check_gradients(around([](small_net& b, value x) { return b.global_pool(x); }));
}

template <class Check>
void arithmetic(const Check& check_gradients) {
  const std::vector<std::pair<std::string, piece>> pieces{
      {"add", [](small_net& b, value x) { return b.add(b.relu(x), x); }},
      {"add twice the same", [](small_net& b, value x) { return b.add(x, x); }},
      {"sub",
       [](small_net& b, value x) {
         return b.node("Sub", {b.relu(x), x}, b.extents(x));
       }},
      {"sub reversed",
       [](small_net& b, value x) {
         return b.node("Sub", {x, b.relu(x)}, b.extents(x));
       }},
      {"mul",
       [](small_net& b, value x) {
         return b.node("Mul", {b.conv(x, 5, 1), x}, b.extents(x));
       }},
      {"square",
       [](small_net& b, value x) {
         return b.node("Mul", {x, x}, b.extents(x));
       }},
      {"a convolution and its own input",
       [](small_net& b, value x) { return b.add(b.conv(b.relu(x), 5, 3), x); }},
      {"a convolution and exactly what it reads",
       [](small_net& b, value x) {
         const value r = b.relu(x);
         return b.relu(b.add(b.conv(r, 5, 3), r));
       }},
      {"a depthwise convolution and what it reads",
       [](small_net& b, value x) {
         const value r = b.relu(x);
         return b.norm(b.add(r, b.conv(r, 5, 3, 1, 5)));
       }},
      {"a linear layer and what it reads",
       [](small_net& b, value x) {
         const value r = b.global_pool(x);
         return b.relu(b.add(b.linear(r, 5), r));
       }},
      {"gate",
       [](small_net& b, value x) {
         const sl::shape one{2, 5, 1, 1};
         value g = b.node("GlobalAveragePool", {x}, one);
         g = b.node("Sigmoid", {b.conv(b.relu(b.conv(g, 3, 1)), 5, 1)}, one);
         return b.node("Mul", {x, g}, b.extents(x));
       }},
      {"gate first",
       [](small_net& b, value x) {
         const value g = b.node("GlobalAveragePool", {x}, {2, 5, 1, 1});
         return b.node("Mul", {g, x}, b.extents(x));
       }},
  };
  for (const auto& [name, p] : pieces) {
    INFO(name);
    check_gradients(around(p));
  }
}

// What other programs export in place of one operator.
template <class Check>
void spellings(const Check& check_gradients) {
  const std::vector<std::pair<std::string, piece>> pieces{
      {"hard swish as arithmetic",
       [](small_net& b, value x) {
         const sl::shape e = b.extents(x);
         int n = 0;
         const auto number = [&](double v) {
           return b.parameter("number" + std::to_string(n++), {}, v, v);
         };
         value y = b.node("Clip", {b.node("Add", {number(3), x}, e), number(0), number(6)}, e);
         y = b.node("Div", {b.node("Mul", {x, y}, e), number(6)}, e);
         y = b.node("Sub", {number(0.5), b.node("Mul", {y, number(2)}, e)}, e);
         return b.node("Sub", {y, number(0.25)}, e);
       }},
      {"normalised selection that repeats, as a gather",
       [](small_net& b, value x) {
         return b.node("Gather", {b.norm(x), b.integers({3, 0, 3})}, {2, 3, 7, 6},
                       {{"axis", sl::index_t{1}}});
       }},
      {"selection as a gather",
       [](small_net& b, value x) {
         return b.node("Gather", {x, b.integers({4, 0, -2, 0})}, {2, 4, 7, 6},
                       {{"axis", sl::index_t{1}}});
       }},
  };
  for (const auto& [name, p] : pieces) {
    INFO(name);
    check_gradients(around(p));
  }
}

template <class Check>
void movements(const Check& check_gradients) {
  constexpr sl::index_t all = std::numeric_limits<sl::index_t>::max();
  const sl::index_t one = 1;
  const std::vector<std::pair<std::string, piece>> pieces{
      {"concat",
       [&](small_net& b, value x) {
         return b.node("Concat", {x, b.conv(x, 17, 1), b.relu(x)}, {2, 27, 7, 6}, {{"axis", one}});
       }},
      {"concat of one thing twice",
       [&](small_net& b, value x) {
         return b.node("Concat", {x, x}, {2, 10, 7, 6}, {{"axis", one}});
       }},
      {"slice",
       [&](small_net& b, value x) {
         return b.node("Slice",
                       {x, b.integers({0, 1}), b.integers({all, all}), b.integers({2, 3}),
                        b.integers({2, 2})},
                       {2, 5, 4, 3});
       }},
      {"slice of channels",
       [&](small_net& b, value x) {
         return b.node("Slice", {x, b.integers({1}), b.integers({4}), b.integers({1})},
                       {2, 3, 7, 6});
       }},
      {"pad",
       [&](small_net& b, value x) {
         return b.node("Pad", {x, b.integers({0, 3, 1, 0, 0, 2, 0, 2})}, {2, 10, 8, 8});
       }},
      {"split",
       [&](small_net& b, value x) {
         const value p = b.net().add_value("p", sl::shape{2, 2, 7, 6});
         const value q = b.net().add_value("q", sl::shape{2, 3, 7, 6});
         b.net().add_node({"Split", "split", {x, b.integers({2, 3})}, {p, q}, {{"axis", one}}, {}});
         return b.node("Concat", {q, b.relu(p)}, {2, 5, 7, 6}, {{"axis", one}});
       }},
      {"select",
       [&](small_net& b, value x) {
         return b.node("ChannelSelect", {x, b.integers({1, 2, 4})}, {2, 3, 7, 6}, {}, "slimming");
       }},
      {"flatten",
       [&](small_net& b, value x) {
         return b.relu(b.node("Flatten", {x}, {2, 210}, {{"axis", one}}));
       }},
      {"reshape of 1x1 maps",
       [&](small_net& b, value x) {
         const value g = b.node("GlobalAveragePool", {x}, {2, 5, 1, 1});
         return b.node("Reshape", {g, b.integers({2, 5})}, {2, 5});
       }},
      {"identity", [&](small_net& b, value x) { return b.node("Identity", {x}, b.extents(x)); }},
  };
  for (const auto& [name, p] : pieces) {
    INFO(name);
    check_gradients(around(p));
  }
}

// A network of random operators, each on any of the values before it.
inline sl::model random_network(std::uint64_t seed) {
  small_net b(seed);
  sl::random_stream random{seed, 5, 0};
  const auto below = [&](std::size_t n) {
    return static_cast<std::size_t>(random.uniform(0, static_cast<double>(n))) % n;
  };
  std::vector<value> values{b.conv(b.input({2, 3, 5, 4}), 5, 3)};
  const auto any = [&] { return values[below(values.size())]; };
  const auto partner = [&](value x) {  // of the same extents, x itself among them
    list fitting;
    for (const value v : values)
      if (b.extents(v) == b.extents(x)) fitting.push_back(v);
    return static_cast<value>(fitting[below(fitting.size())]);
  };
  for (int i = 0; i < 9; ++i) {
    const value x = any();
    const sl::shape e = b.extents(x);
    const std::vector<std::function<value()>> choices{
        [&] { return b.conv(x, e[1], 3); },
        [&] { return b.conv(x, e[1], 1, 1, 1, true); },
        [&] { return b.conv(x, e[1], 3, 1, e[1]); },
        [&] { return b.conv(x, 3 + static_cast<sl::index_t>(below(6)), 3, 2); },
        [&] { return b.norm(x); },
        [&] { return b.norm(x); },
        [&] { return b.relu(x); },
        [&] { return b.add(x, partner(x)); },
        [&] { return b.add(partner(x), x); },
        [&] {
          const value y = partner(x);
          return b.node("Concat", {x, y}, {e[0], 2 * e[1], e[2], e[3]}, {{"axis", sl::index_t{1}}});
        },
        [&] {
          return b.node("ChannelSelect", {x, b.integers({0, e[1] - 1})}, {e[0], 2, e[2], e[3]}, {},
                        "slimming");
        },
    };
    values.push_back(choices[below(choices.size())]());
  }
  std::vector<value> outputs{b.conv(values.back(), 2, 1)};
  if (below(2) == 0) outputs.push_back(any());
  return b.finish(outputs);
}

template <class Check>
void random_networks(const Check& check_gradients, std::uint64_t count) {
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    INFO("seed " << seed);
    check_gradients(random_network(seed));
  }
}

template <class Check>
void outputs_that_are_read(const Check& check_gradients) {
  small_net b;
  const value x = b.conv(b.input({2, 3, 5, 5}), 4, 3);
  const value y = b.relu(x);
  check_gradients(b.finish({x, b.conv(y, 2, 1), y}));
}

}  // namespace test_support::gradient_cases
