# bash completion for souk: commands and options come from its own --help, so they are never out of date.
_souk() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cmd=${COMP_WORDS[1]} data i
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$(souk --help | sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$cur"))
        return
    fi
    case $prev in
    --mode) COMPREPLY=($(compgen -W "hybrid semantic lexical" -- "$cur")) && return ;;
    --kind) COMPREPLY=($(compgen -W "query document" -- "$cur")) && return ;;
    --model) COMPREPLY=($(compgen -o plusdirs -G "$cur*.gguf")) && return ;;
    -D | --data | --judgments | --pictures) COMPREPLY=($(compgen -d -- "$cur")) && return ;;
    -i | --index)
        data=${SOUK_DATA:-souk-data}
        for ((i = 2; i < COMP_CWORD - 1; i++)); do
            case ${COMP_WORDS[i]} in -D | --data) data=${COMP_WORDS[i + 1]} ;; esac
        done
        COMPREPLY=($(compgen -W "$(cd "$data" 2>/dev/null && ls -d -- */ | tr -d /)" -- "$cur"))
        return
        ;;
    esac
    case $cur in
    -*) COMPREPLY=($(compgen -W "$(souk "$cmd" --help | grep -o -- '--[a-z-]*' | sort -u)" -- "$cur")) ;;
    *) COMPREPLY=($(compgen -f -- "$cur")) ;;
    esac
}
complete -o filenames -F _souk souk
