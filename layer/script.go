package layer

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxScript bounds the scripts that are parsed.
const maxScript = 4 << 20

// script finds what a script needs: its interpreter, what env is to start, and,
// if it is a shell script that an entry leads to, the commands that it calls.
func (c *Closure) script(f *File, x *Facts) {
	c.want(f, NeedInterp, x.Interp, x.Interp)
	program := path.Base(x.Interp)
	if program == "env" {
		program = envProgram(x.Args)
		if program == "" {
			return
		}
		c.wantCommand(f, NeedInterp, program)
	}
	if c.entry && !c.scanned[f.Path] && isShell(path.Base(program)) {
		c.scanned[f.Path] = true
		c.shellScript(f, path.Base(program))
	}
}

// wantCommand notes that f needs a program of that name, in the PATH unless it
// has a slash.
func (c *Closure) wantCommand(f *File, kind NeedKind, name string) {
	n := Need{By: f.Path, Kind: kind, Want: name}
	p := name
	if !strings.HasPrefix(name, "/") {
		p = c.command(name)
	}
	if _, _, ok := c.follow(n, p); ok {
		return
	}
	if kind != NeedCommand {
		c.miss(n)
		return
	}
	m := Missing{Need: n, Chain: c.Why(f.Path)}
	if c.o.Provide != nil {
		m.Package = c.providerOf(name)
	}
	c.Commands = append(c.Commands, m)
}

// providerOf is the package that has a command.
func (c *Closure) providerOf(name string) string {
	if strings.HasPrefix(name, "/") {
		pkg, _ := c.o.Provide(name)
		return pkg
	}
	for _, dir := range c.o.Path {
		if pkg, _ := c.o.Provide(path.Join(dir, name)); pkg != "" {
			return pkg
		}
	}
	return ""
}

// envProgram is the program that env(1) would start with these arguments.
func envProgram(args string) string {
	for _, word := range strings.Fields(args) {
		if strings.HasPrefix(word, "-") || strings.Contains(word, "=") {
			continue
		}
		return word
	}
	return ""
}

func isShell(program string) bool {
	return slices.Contains([]string{"sh", "bash", "dash", "ash", "ksh", "mksh"}, program)
}

func (c *Closure) shellScript(f *File, shell string) {
	text, err := c.Tree.ReadFile(f.Path, c.o.Open, maxScript)
	if err != nil {
		return // its bytes are not at hand: who wants them checked gives an Opener
	}
	for _, name := range commandsOf(text, shell) {
		c.wantCommand(f, NeedCommand, name)
	}
}

// commandsOf lists the commands that a script names literally, each once, in
// order, without builtins and its own functions. A script that cannot be parsed
// has none.
func commandsOf(text []byte, shell string) []string {
	lang := syntax.LangPOSIX
	switch shell {
	case "bash":
		lang = syntax.LangBash
	case "ksh", "mksh":
		lang = syntax.LangMirBSDKorn
	}
	file, err := syntax.NewParser(syntax.Variant(lang)).Parse(bytes.NewReader(text), "")
	if err != nil {
		return nil
	}
	functions := map[string]bool{}
	var calls []string
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.FuncDecl:
			if n.Name != nil {
				functions[n.Name.Value] = true
			}
		case *syntax.CallExpr:
			if name := called(n.Args); name != "" && !slices.Contains(calls, name) {
				calls = append(calls, name)
			}
		}
		return true
	})
	return slices.DeleteFunc(calls, func(name string) bool { return functions[name] || isBuiltin(name) })
}

// called is the program that a command starts, behind exec, env and their like;
// empty if that is only known when it runs.
func called(args []*syntax.Word) string {
	for i := 0; i < len(args); i++ {
		name := args[i].Lit()
		switch {
		case name == "":
			return ""
		case name == "exec" || name == "env" || name == "nohup" || name == "command":
			if i+1 < len(args) && (name == "command" && strings.HasPrefix(args[i+1].Lit(), "-")) {
				return "" // "command -v" only asks
			}
		case i > 0 && (strings.HasPrefix(name, "-") || strings.Contains(name, "=")):
		case name == "." || name == "source":
			if i+1 < len(args) && strings.HasPrefix(args[i+1].Lit(), "/") {
				return args[i+1].Lit()
			}
			return ""
		case strings.Contains(name, "/") && !strings.HasPrefix(name, "/"):
			return "" // relative to where the script happens to be
		default:
			return name
		}
	}
	return ""
}

// isBuiltin reports whether a shell does that command itself: the utilities of
// POSIX 2024, chapters 2.15 and 1.7, and what bash and dash have besides.
func isBuiltin(name string) bool {
	const builtins = " : . [ alias bg bind break builtin caller cd command compgen complete continue declare dirs disown echo " +
		"enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd " +
		"pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias " +
		"unset wait [[ chdir "
	return strings.Contains(builtins, " "+name+" ")
}
