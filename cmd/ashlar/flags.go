package main

import (
	"errors"
	"flag"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// parse reads a command's flags, which may stand among its arguments, up to "--". It
// returns the arguments.
func parse(flags *flag.FlagSet, args []string) ([]string, error) {
	operands, behind, err := parseParts(flags, args)
	return append(operands, behind...), err
}

// parseNone is parse for a command that has no arguments.
func parseNone(flags *flag.FlagSet, args []string) error {
	operands, err := parse(flags, args)
	if err == nil && len(operands) > 0 {
		err = usagef("%s takes flags alone, not %q", flags.Name(), operands[0])
	}
	return err
}

// parseParts is parse for a command to which "--" means something: it returns the
// arguments before and behind it.
func parseParts(flags *flag.FlagSet, args []string) (operands, behind []string, err error) {
	if i := slices.Index(args, "--"); i >= 0 {
		args, behind = args[:i], args[i+1:]
	}
	args = detached(flags, args)
	for {
		if err := flags.Parse(args); err != nil {
			return nil, nil, misuse(flags, err)
		}
		if flags.NArg() == 0 {
			return operands, behind, nil
		}
		operands = append(operands, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// detached writes -j4, which package flag does not know, as -j=4, up to "--".
func detached(flags *flag.FlagSet, args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		if a == "--" {
			break
		}
		if name, value, ok := attached(a); ok && takesValue(flags.Lookup(name)) {
			args[i] = "-" + name + "=" + value
		}
	}
	return args
}

// attached takes apart a flag of one letter that has its value right behind it. A
// value that begins with a letter is none: -offline is --offline, and -ofline a slip.
func attached(arg string) (name, value string, ok bool) {
	if len(arg) < 3 || arg[0] != '-' || !isLetter(arg[1]) || isLetter(arg[2]) || strings.ContainsRune("=-", rune(arg[2])) {
		return "", "", false
	}
	return arg[1:2], arg[2:], true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func takesValue(f *flag.Flag) bool {
	if f == nil {
		return false
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}

// dashed is a flag's name as people write it.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// oneDash finds where package flag writes a long name with one dash.
var oneDash = regexp.MustCompile(`^(invalid .* for (?:flag )?|flag needs an argument: )-([a-z][a-z-]+)`)

// misuse is what package flag found wrong, in our words. It has no types for that.
func misuse(flags *flag.FlagSet, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		return noFlag(flags, name)
	}
	return &usageError{oneDash.ReplaceAllString(err.Error(), "$1--$2")}
}

// flagsElsewhere are flags as other programs call them, and ours.
var flagsElsewhere = map[string]string{
	"jobs": "j", "parallel": "j", "directory": "C", "chdir": "C", "output": "o", "quiet": "q", "publish": "p",
	"in-place": "w", "i": "w", "write": "w", "expression": "e", "n": "dry-run", "v": "verbose", "f": "format",
}

// instead is what does what a flag that other programs have is for.
var instead = map[string]string{
	"no-cache": "what is built never depends on what was kept; `ashlar verify NAME` builds from nothing and compares",
	"force":    "nothing needs force; `ashlar verify NAME` builds from nothing and compares",
	"file":     "-C DIR names the workspace, and the recipe's name the recipe",
	"t":        "an image is called as its recipe; `ashlar push IMAGE REF` and `ashlar save --tag` give it another name",
	"tag":      "an image is called as its recipe; `ashlar push IMAGE REF` and `ashlar save --tag` give it another name",
	"platform": "`arch` in [recipe] or [workspace] says for which architectures",
	"d":        "put & behind the command, or have a service manager start it",
	"it":       "a terminal is used where there is one",
	"rm":       "an image that has ended leaves nothing behind",
	"e":        "`env` in [image] says what an image finds in its environment",
	"env":      "`env` in [image] says what an image finds in its environment",
	"v":        "`state` in [image] says what lasts; with ashlar run it begins empty each time",
	"volume":   "`state` in [image] says what lasts; with ashlar run it begins empty each time",
}

// noFlag says that there is no such flag, and which was meant.
func noFlag(flags *flag.FlagSet, name string) error {
	names := []string{"help"}
	flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	near := flagsElsewhere[name]
	if !slices.Contains(names, near) {
		near = diag.Nearest(name, slices.DeleteFunc(names, func(n string) bool { return len(n) == 1 }))
	}
	switch {
	case near != "":
		return usagef("there is no flag %s; did you mean %s?", dashed(name), dashed(near))
	case instead[name] != "":
		return usagef("there is no flag %s: %s", dashed(name), instead[name])
	case takesValue(flags.Lookup(name[:1])):
		return usagef("there is no flag %s; if the value of -%s is meant, write -%[2]s %[3]s", dashed(name), name[:1], name[1:])
	}
	return usagef("there is no flag %s", dashed(name))
}

// strayed adds to an error about a flag before the command, of which nothing else is
// known, that it may be the command's.
func strayed(flags *flag.FlagSet, err error) error {
	if !strings.HasPrefix(err.Error(), "there is no flag ") || strings.ContainsAny(err.Error(), ";:") {
		return err
	}
	for _, a := range flags.Args() {
		if cmd, none := find(a); none == nil {
			return usagef("%v that all commands have; those of %s stand behind it", err, cmd.name)
		}
	}
	return err
}
