# A picture of fresh.dat and users.dat, in the current directory.
set terminal svg size 900,420 font "sans,12"
set output picture
set multiplot layout 1,2

set title "one message by a fresh process"
set ylabel "ms"
set logscale y
set style fill solid 0.5
set boxwidth 0.7
set xtics rotate by -35
unset key
plot "fresh.dat" using 0:2:xtic(1) with boxes linecolor rgb "#336699"

set title "cost against users in the directory"
set xlabel "users"
set logscale x
set xtics norotate 10,100,1e6
set format x "10^{%L}"
set key top left
plot "users.dat" using 1:4 with linespoints \
		title "chat-send that has the directory, wall", \
	"users.dat" using 1:2 with linespoints \
		title "listener that has it, wall", \
	"users.dat" using 1:3 with linespoints \
		title "listener that has it, its processor"
unset multiplot
