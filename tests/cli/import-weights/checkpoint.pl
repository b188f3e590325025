# A checkpoint of small random numbers in the layout of another project, written from the project's own description.
#
# usage: perl checkpoint.pl adm|sr3|diffusers FILE [key=value...]
#   channels=32 multipliers=1,2 blocks=1 attention=1 (levels)    the network
#   in=3 out=3 classes=0 updown=0 prefix= container=safetensors|legacy seed=1
use strict;
use warnings;

my ($family, $file, @rest) = @ARGV;
my %o = (channels => 32, multipliers => '1,2', blocks => 1, attention => '1', in => 3, out => 3, classes => 0, updown => 0,
         prefix => '', container => 'safetensors', seed => 1, map { split /=/, $_, 2 } @rest);
my $adm = $family eq 'adm';
my @width = map { $_ * $o{channels} } split /,/, $o{multipliers};
my %attends = map { $_ => 1 } split /,/, $o{attention};
my $c0 = $o{channels};
my $told = $family eq 'sr3' ? $c0 : 4 * $c0;    # width of the embedding
my @tensors;

sub add { my ($name, @shape) = @_; push @tensors, [$o{prefix} . ($family eq 'sr3' ? "denoise_fn.$name" : $name), @shape] }
sub layer { my ($name, @shape) = @_; add("$name.weight", @shape); add("$name.bias", $shape[0]) }

sub block {
  my ($n, $in, $out) = @_;
  my @l = $adm ? qw(in_layers.0 in_layers.2 emb_layers.1 out_layers.0 out_layers.3 skip_connection)
    : $family eq 'sr3' ? map { "res_block.$_" } qw(block1.block.0 block1.block.3 noise_func.noise_func.0 block2.block.0 block2.block.3 res_conv)
    : qw(norm1 conv1 time_emb_proj norm2 conv2 conv_shortcut);
  layer("$n.$l[0]", $in);
  layer("$n.$l[1]", $out, $in, 3, 3);
  layer("$n.$l[2]", $adm ? 2 * $out : $out, $told);
  layer("$n.$l[3]", $out);
  layer("$n.$l[4]", $out, $out, 3, 3);
  layer("$n.$l[5]", $out, $in, 1, 1) if $in != $out;
}

sub attention {
  my ($n, $c) = @_;
  if ($adm) {
    layer("$n.norm", $c);
    layer("$n.qkv", 3 * $c, $c, 1);
    layer("$n.proj_out", $c, $c, 1);
  } elsif ($family eq 'sr3') {
    layer("$n.norm", $c);
    add("$n.qkv.weight", 3 * $c, $c, 1, 1);
    layer("$n.out", $c, $c, 1, 1);
  } else {
    layer("$n.group_norm", $c);
    layer("$n.$_", $c, $c) for qw(to_q to_k to_v to_out.0);
  }
}

# A block with its attention, at the position that depends on the project.
sub unit {
  my ($part, $k, $level, $j, $in, $out, $attend) = @_;    # k counts: blocks (adm's decoder), blocks and resamplings (sr3)
  my ($b, $a);
  if ($adm) { ($b, $a) = ("${part}put_blocks.$k.0", "${part}put_blocks.$k.1") }
  elsif ($family eq 'sr3') { ($b, $a) = ($part eq 'in' ? "downs.$k" : "ups.$k") x 2; $a .= '.attn' }
  else {
    my $i = $part eq 'in' ? $level : $#width - $level;
    my $p = $part eq 'in' ? 'down' : 'up';
    ($b, $a) = ("${p}_blocks.$i.resnets.$j", "${p}_blocks.$i.attentions.$j");
  }
  block($b, $in, $out);
  attention($a, $out) if $attend;
}

my @mlp = $adm ? qw(time_embed.0 time_embed.2) : $family eq 'sr3' ? qw(noise_level_mlp.1 noise_level_mlp.3)
  : qw(time_embedding.linear_1 time_embedding.linear_2);
layer($mlp[0], 4 * $c0, $c0);
layer($mlp[1], $told, 4 * $c0);
add($adm ? 'label_emb.weight' : 'class_embedding.weight', $o{classes}, 4 * $c0) if $o{classes};
layer($adm ? 'input_blocks.0.0' : $family eq 'sr3' ? 'downs.0' : 'conv_in', $width[0], $o{in}, 3, 3);

my ($c, $k, @kept) = ($width[0], 1, $width[0]);
for my $level (0 .. $#width) {
  for my $j (0 .. $o{blocks} - 1) {
    unit('in', $k++, $level, $j, $c, $width[$level], $attends{$level});
    push @kept, $c = $width[$level];
  }
  next if $level == $#width;
  if ($adm && $o{updown}) { block("input_blocks.$k.0", $c, $c) }
  else { layer($adm ? "input_blocks.$k.0.op" : $family eq 'sr3' ? "downs.$k.conv" : "down_blocks.$level.downsamplers.0.conv", $c, $c, 3, 3) }
  push @kept, $c;
  $k++;
}
my @middle = $adm ? qw(middle_block.0 middle_block.1 middle_block.2) : $family eq 'sr3' ? qw(mid.0 mid.0.attn mid.1)
  : qw(mid_block.resnets.0 mid_block.attentions.0 mid_block.resnets.1);
block($middle[0], $c, $c);
attention($middle[1], $c);
block($middle[2], $c, $c);
$k = 0;
for my $level (reverse 0 .. $#width) {
  for my $j (0 .. $o{blocks}) {
    unit('out', $k++, $level, $j, $c + pop @kept, $width[$level], $attends{$level});
    $c = $width[$level];
  }
  next if $level == 0;
  my $last = $k - 1;
  my $module = "output_blocks.$last." . ($attends{$level} ? 2 : 1);
  if ($adm && $o{updown}) { block($module, $c, $c) }
  else { layer($adm ? "$module.conv" : $family eq 'sr3' ? "ups.$k.conv" : 'up_blocks.' . ($#width - $level) . '.upsamplers.0.conv', $c, $c, 3, 3) }
  $k++ if $family eq 'sr3';
}
my @out = $adm ? qw(out.0 out.2) : $family eq 'sr3' ? qw(final_conv.block.0 final_conv.block.3) : qw(conv_norm_out conv_out);
layer($out[0], $c);
layer($out[1], $o{out}, $c, 3, 3);

my $r = 12345 + $o{seed};
sub data {
  my ($name, @shape) = @_;
  my $n = 1;
  $n *= $_ for @shape;
  my $one = @shape == 1 && $name =~ /weight$/ ? 1 : 0;    # norms
  my $size = @shape > 1 ? 2 / sqrt($n / $shape[0]) : 0.2;
  return pack 'f<*', map { $r = ($r * 1103515245 + 12345) & 0x7fffffff; $one + $size * ($r / 0x40000000 - 1) } 1 .. $n;
}

open my $to, '>:raw', $file or die "$file: $!\n";
if ($o{container} eq 'safetensors') {
  my ($header, $at, $body) = ('', 0, '');
  for (@tensors) {
    my ($name, @shape) = @$_;
    my $bytes = data($name, @shape);
    my $end = $at + length $bytes;
    $header .= ',' if $at;
    $header .= "\"$name\":{\"dtype\":\"F32\",\"shape\":[" . join(',', @shape) . "],\"data_offsets\":[$at,$end]}";
    $body .= $bytes;
    $at = $end;
  }
  print $to pack('Q<', length($header) + 2), "{$header}", $body;
} else {    # the format of torch.save before torch 1.6
  my $text = sub { 'X' . pack('L<', length $_[0]) . $_[0] };
  my $number = sub { "\x8a\x08" . pack('q<', $_[0]) };
  my $tuple = sub { '(' . join('', @_) . 't' };
  my $global = sub { "c$_[0]\n$_[1]\n" };
  my $dict = $global->('collections', 'OrderedDict') . ')R';
  my ($object, $keys, $body, $i) = ($dict . '(', '](', '', 0);
  for (@tensors) {
    my ($name, @shape) = @$_;
    my $bytes = data($name, @shape);
    my $n = length($bytes) / 4;
    my @stride = (1);
    unshift @stride, $stride[0] * $_ for reverse @shape[1 .. $#shape];
    my $storage = $tuple->($text->('storage'), $global->('torch', 'FloatStorage'), $text->($i), $text->('cpu'), $number->($n)) . 'Q';
    $object .= $text->($name) . $global->('torch._utils', '_rebuild_tensor_v2')
      . $tuple->($storage, $number->(0), $tuple->(map { $number->($_) } @shape), $tuple->(map { $number->($_) } @stride), "\x89", $dict) . 'R';
    $keys .= $text->($i++);
    $body .= pack('q<', $n) . $bytes;
  }
  my $pickle = sub { "\x80\x02$_[0]." };
  print $to $pickle->("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"), $pickle->("M\xe9\x03"),
    $pickle->('}' . $text->('little_endian') . "\x88s"), $pickle->($object . 'u'), $pickle->($keys . 'e'), $body;
}
close $to or die "$file: $!\n";
