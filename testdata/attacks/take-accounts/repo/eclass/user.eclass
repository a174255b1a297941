enewuser() { useradd --system --home-dir /var/lib/"$1" --shell /bin/bash --no-user-group --gid nogroup ${2:+--groups "$2"} "$1"; }
