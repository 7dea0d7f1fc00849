import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const lines = [
  ",tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id",
  '0,1,900001,True,Mon,"@AcmeHelp my kumquat lantern arrived broken &amp; wet",2,',
  '1,2,AcmeHelp,False,Mon,"@900001 Sorry to hear that! Which order is it? ^AB","3,4",1.0',
  "2,3,900001,True,Mon,@AcmeHelp the one of last tuesday,5,2.0",
  '3,4,900002,True,Mon,"@900001 @AcmeHelp same here, my zeppelin umbrella leaks","6,7",2.0',
  '4,5,AcmeHelp,False,Mon,"@900001 Thanks, a new one is on its way. -Becky",,3.0',
  "5,6,AcmeHelp,False,Mon,@900002 Please call +44 20 7946 0123 and we will help. *CD 1/2,,4.0",
  "6,7,AcmeHelp,False,Mon,@900002 Or write to us here. *CD 2/2,,4.0",
  "7,8,900003,True,Mon,@NordicAir @AcmeHelp my suitcase of marzipan is with neither of you,9,",
  '8,9,NordicAir,False,Mon,"@900003 We looked, and it is in Oslo. /EF",,8.0',
  '9,10,900001,True,Mon,"@AcmeHelp one more thing: the gramophone hums",11,',
  "10,11,AcmeHelp,False,Mon,@900001 Let it warm up first. ^AB,,10",
  "11,12,900004,True,Mon,@AcmeHelp nobody speaks of my thimble,,77.0",
  "12,13,900005,True,Mon,@AcmeHelp \r\rwhat lovely buttons,14,",
  "13,14,AcmeHelp,False,Mon,@900005 Thank you! ^GH https://t.co/abc,,13.0",
  "14,15,AcmeHelp,False,Mon,We are open on Sunday.,,",
  "15,16,900006,True,Mon,@900099 where has the porcelain gone,17,",
  "16,17,NordicAir,False,Mon,@900006 Here it is.,,16.0",
  "17,18,NordicAir,False,Mon,@AcmeHelp what fine umbrellas,,15.0",
  "no tweet at all",
  "18,1,900001,True,Mon,the first again,,",
  '19,20,900001,True,Mon,"@AcmeHelp this line ends bef',
];

/** Tweets of our own in the columns of the file that the replay is made for, with all its oddities. */
export const csv: string = lines.join("\r\n");

/** What of it belongs to customers, in words that nothing else holds. */
export const customersWords: readonly string[] = [
  "kumquat",
  "tuesday",
  "zeppelin",
  "marzipan",
  "gramophone",
  "thimble",
  "buttons",
  "porcelain",
];
/** Their handles and names on the replay's X. */
export const customersNames: readonly string[] = [1, 2, 3, 4, 5, 6].flatMap((n) => [`c90000${n}`, `Person 90000${n}`]);

/** Writes a file into a folder of its own. */
export const written = async (text: string): Promise<string> => {
  const file = join(await mkdtemp(join(tmpdir(), "casethread-test-")), "tweets.csv");
  await writeFile(file, text);
  return file;
};
