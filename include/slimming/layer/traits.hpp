// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The one customisation point of the compile-time front end: what a host's layer struct is.
/// Area: layer.

namespace slimming::inline v0 {

/// What a described layer computes. The kind decides which accessors `layer_traits` must offer;
/// those in brackets are optional. `window` stands for [stride] [dilation] [padding] [padding_end],
/// each an integer or a range with one integer per spatial axis.
///
/// Where only some layers of a type have a bias, gamma, beta, running_mean or running_variance, the
/// accessor returns a view without elements for the others, as `view(v.data(), v.size())` of an
/// empty vector is. A norm without gamma is told its channels by `resized` all the same.
///
/// What `groups` is after surgery follows from the extents: with `whole_groups`, and where a group
/// has one input channel, groups go and the others keep their width; else all stay, narrower.
namespace kinds {

/// weight (out, in / groups, kernel...), resized; [bias] [groups] [grouping] [axes] window
struct conv {};
/// weight (in * multiplier, 1, kernel...), resized; [bias] [axes] window
struct depthwise_conv {};
/// weight (in, out / groups, kernel...), resized; [bias] [groups] [grouping] [axes] window
/// [output_padding]
struct transposed_conv {};
/// weight (out, in), resized; [bias] [axes]
struct linear {};
/// gamma (n), resized; [beta] [running_mean] [running_variance]
struct batch_norm {};
/// gamma (n), resized; [beta]
struct instance_norm {};
/// gamma (n), groups, resized; [beta] [grouping]
struct group_norm {};
/// gamma (n), resized; [beta]. Over all channels: approximate.
struct layer_norm {};
/// slope (n) or (1), resized
struct prelu {};
/// indices (n), integers, resized
struct channel_select {};
/// activation, dropout, identity: nothing
struct elementwise {};
/// kernel; [round_up] window
struct pool {};
/// nothing; leaves one position
struct global_pool {};
/// spatial(layer, extents in) -> extents out: adaptive pools, upsampling, cropping, padding
struct resize {};
/// [block], the number of positions; [order]
struct flatten {};
/// factor: channels become space
struct pixel_shuffle {};
/// factor: space becomes channels
struct pixel_unshuffle {};
/// groups
struct channel_shuffle {};
/// before, after: constant channels are added; [resized], with the extents (before, after). Without
/// it the layer could not learn how many are left, and all that it adds are pinned.
struct channel_pad {};
/// [reason]: keeps every channel that it is given
struct barrier {};

}  // namespace kinds

/// Specialise this for each of your layer structs, in one of two shapes.
///
/// *Described*: `using kind = slimming::kinds::...;` and static accessors that take `L&` and return
/// a `tensor_view` of the layer's memory (see the kinds), and two functions about its size:
///   * `void resized(L&, std::span<const index_t> extents)` is called once, after every array of the
///     whole net has been cut in place, with the new extents of the first parameter (weight, gamma,
///     slope, indices). The layer shrinks its containers and counts. `noexcept` spares a backup.
///     Without it the layer may be told the old extents again, because another one threw, and its
///     arrays must lie where they lay then: be `noexcept` if you reallocate, as shrink_to_fit does.
///   * optional `bool accepts(L&, std::span<const index_t> extents)` may refuse before anything moves.
///
/// *Connecting*: `static feature_map connect(layer_scope& at, L&, const feature_map& x)`, which
/// calls chain(), join(), concat() on its members, rules on facts, or the graph's verbs.
///
/// The layer must not move in memory between the description and the surgery.
template <class L>
struct layer_traits {};

}  // namespace slimming::inline v0
