#!/usr/bin/env zsh
# complete.zsh FOLDER LINE: prints what Tab makes of LINE in a zsh that has the
# completions of FOLDER. Completion needs a terminal, hence the second shell.
zmodload zsh/zpty || exit 77
result=$(mktemp)
zpty shell "zsh -f -i"
# Ctrl-X saves the line and leaves. READY is split so that its echo is not it.
zpty -w shell "fpath=(${(q)1} \$fpath); autoload -U compinit; compinit -u -D
save() { print -r -- \"\$BUFFER\" >${(q)result}; exit }
zle -N save; bindkey '^X' save; bindkey '^I' complete-word; print REA''DY"
zpty -r -m shell ignored '*READY*'
zpty -w -n shell "$2"$'\t\x18'
while [[ ! -s $result ]] && zpty -t shell; do zpty -r -t shell ignored; done
zpty -r -m shell ignored '*nothing more*'
zpty -d shell
cat "$result"
rm -f "$result"
