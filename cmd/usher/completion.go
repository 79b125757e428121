package main

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"bash, zsh, fish or powershell."`
}

// Help implements explainer.
func (c *completionCmd) Help() string {
	return "For the shell that runs now:\n\n" +
		"  bash        source <(usher completion bash)\n" +
		"  zsh         source <(usher completion zsh)\n" +
		"  fish        usher completion fish | source\n" +
		"  powershell  usher completion powershell | Out-String | Invoke-Expression\n\n" +
		"For every shell that starts, put that line into its start-up file."
}

// Run prints the script.
func (c *completionCmd) Run(a *app) error {
	root := newRoot(new(cli), new(runner))
	switch c.Shell {
	case "zsh":
		return root.GenZshCompletion(a.out)
	case "fish":
		return root.GenFishCompletion(a.out, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(a.out)
	default:
		return root.GenBashCompletionV2(a.out, true)
	}
}
