"""pykubectl completion: the script that makes a shell ask `pykubectl __complete` for the next word.

Kubernetes: kubectl pkg/cmd/completion; the hidden verb's form is that of github.com/spf13/cobra.
"""

import sys

from minikube_py.cli.command import Invocation, NoFlags, Verb
from minikube_py.cli.errors import PROGRAM

_BASH = """# bash completion for PROGRAM; use: source <(PROGRAM completion bash)
__PROGRAM_complete() {
    local IFS=$'\\n' line
    local words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    COMPREPLY=()
    while read -r line; do
        case "$line" in
            :4) compopt +o default 2>/dev/null ;;
            :*) ;;
            */) compopt -o nospace 2>/dev/null; COMPREPLY+=("$line") ;;
            *) COMPREPLY+=("${line%%$'\\t'*}") ;;
        esac
    done < <(PROGRAM __complete "${words[@]}" 2>/dev/null)
}
complete -o default -F __PROGRAM_complete PROGRAM
"""
_ZSH = """#compdef PROGRAM
# zsh completion for PROGRAM; use: source <(PROGRAM completion zsh)
_PROGRAM() {
    local line files=1
    local -a found
    while IFS= read -r line; do
        case "$line" in
            :4) files=0 ;;
            :*) ;;
            *) found+=("${line%%$'\\t'*}") ;;
        esac
    done < <(PROGRAM __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( ${#found} )); then
        compadd -- "${found[@]}"
    elif (( files )); then
        _files
    fi
}
compdef _PROGRAM PROGRAM
"""
_FISH = """# fish completion for PROGRAM; use: PROGRAM completion fish | source
function __PROGRAM_complete
    set -l words (commandline -opc)
    PROGRAM __complete $words[2..-1] (commandline -ct) 2>/dev/null | string match -v ':*'
end
complete -c PROGRAM -f -a '(__PROGRAM_complete)'
"""
_POWERSHELL = """# powershell completion; use: PROGRAM completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName PROGRAM -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '""' }
    PROGRAM __complete @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
        $value = $_.Split("`t")[0]
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $value)
    }
}
"""
SCRIPTS = {"bash": _BASH, "fish": _FISH, "powershell": _POWERSHELL, "zsh": _ZSH}


def completion(call: Invocation[NoFlags]) -> None:
    """Print the script of one shell."""
    if not call.words:
        raise call.usage_error("Shell not specified.")
    if len(call.words) > 1:
        raise call.usage_error("Too many arguments. Expected only the shell type.")
    script = SCRIPTS.get(call.words[0])
    if script is None:
        raise call.usage_error(f'Unsupported shell type "{call.words[0]}".')
    sys.stdout.write(script.replace("PROGRAM", PROGRAM))


COMMAND = Verb(
    "completion",
    completion,
    NoFlags,
    summary="Print the completion script of a shell",
    usage="completion (bash | zsh | fish | powershell)",
    examples=f"""
# In bash, now and for this shell only
source <({PROGRAM} completion bash)
""",
)
